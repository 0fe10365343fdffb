"""Events that a customer's own systems report about their contacts."""

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now

from mailflatrate.apps.lists.models.people import Contact
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.contacts import contact_events as rules
from mailflatrate.rules.contacts import money


class ContactEventType(TenantModel):
    """A kind of event, such as `order.placed`. `properties` maps a property's name to its `PropertyType`."""

    name = models.CharField(max_length=rules.LONGEST_NAME)
    properties = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "event_type"
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="event_type_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def declared(self) -> dict[str, rules.PropertyType]:
        return {name: rules.PropertyType(kind) for name, kind in self.properties.items()}


class CurrentTransaction(Func):
    """The writing transaction; the database fills it in, never a statement."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class ContactEvent(TenantModel):
    """Something a contact did in another system. Deleted with the contact. `key`: hash of the caller's own, so that a
    repeat is known. `xid` orders by transaction: readers below the oldest open one miss nothing (ADR 0047).
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    contact = models.ForeignKey(Contact, on_delete=models.DO_NOTHING, db_index=False, related_name="+")
    event_type = models.ForeignKey(
        ContactEventType, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())
    properties = models.JSONField(default=dict)
    key = models.BinaryField(max_length=16, null=True)
    xid = models.BigIntegerField(db_default=CurrentTransaction())

    class Meta:
        db_table = "contact_event"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "key"], condition=Q(key__isnull=False), name="contact_event_key_once"
            )
        ]
        indexes = [
            models.Index(fields=["contact", "event_type", "at"], name="contact_event_person"),
            models.Index(fields=["account", "event_type", "at"], include=["contact"], name="contact_event_type"),
            models.Index(fields=["account", "xid", "id"], name="contact_event_order"),
        ]


class EventSettings(TenantModel):
    """How an account keeps events; without a row, the usual period holds."""

    keep_days = models.PositiveSmallIntegerField(default=rules.KEEP_DAYS)

    class Meta:
        db_table = "event_settings"
        constraints = [
            models.UniqueConstraint(fields=["account"], name="event_settings_once"),
            models.CheckConstraint(
                condition=Q(keep_days__range=(rules.LEAST_KEEP_DAYS, rules.MOST_KEEP_DAYS)),
                name="event_settings_period",
            ),
        ]


class ConversionGoal(TenantModel):
    """The event that an account counts as a conversion of its campaigns, and which properties hold its money. An empty
    name: none. `currency`: of events that name none.
    """

    event_type = models.ForeignKey(ContactEventType, on_delete=models.CASCADE, db_index=False, related_name="+")
    amount_property = models.CharField(max_length=rules.LONGEST_NAME, blank=True)
    currency_property = models.CharField(max_length=rules.LONGEST_NAME, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    coupon_property = models.CharField(max_length=rules.LONGEST_NAME, blank=True)
    window_days = models.PositiveSmallIntegerField(default=money.WINDOW_DAYS)

    class Meta:
        db_table = "conversion_goal"
        constraints = [
            models.UniqueConstraint(fields=["account"], name="conversion_goal_once"),
            models.CheckConstraint(
                condition=Q(window_days__range=(money.LEAST_WINDOW_DAYS, money.MOST_WINDOW_DAYS)),
                name="conversion_goal_window",
            ),
            models.CheckConstraint(condition=Q(amount_property="") | ~Q(currency=""), name="conversion_goal_currency"),
        ]

    @property
    def names(self) -> money.GoalProperties:
        return money.GoalProperties(self.amount_property, self.currency_property, self.currency, self.coupon_property)


class EventDay(TenantModel):
    """How many events an account recorded on one day (UTC)."""

    day = models.DateField()
    count = models.PositiveIntegerField()

    class Meta:
        db_table = "event_day"
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="event_day_once")]
