"""The tables of campaigns. `../sql` has their functions and triggers."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("domains", "0001_initial"),
        ("lists", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("mailing_id", models.CharField(max_length=11, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("subject", models.CharField(blank=True, max_length=250)),
                ("preheader", models.CharField(blank=True, max_length=250)),
                ("reply_to", models.CharField(blank=True, max_length=254)),
                ("language", models.CharField(default="en", max_length=5)),
                ("list_ids", ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ("conditions", models.JSONField(default=list)),
                ("excluded_list_ids", ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ("excluded_segments", models.JSONField(default=list)),
                ("excluded_mailing_ids", ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ("content_kind", models.CharField(default="markdown", max_length=10)),
                ("theme", models.CharField(blank=True, db_default="", max_length=10)),
                ("content", models.TextField(blank=True)),
                ("is_locked", models.BooleanField(db_default=False, default=False)),
                ("text_override", models.TextField(blank=True)),
                ("media_ids", ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ("version", models.PositiveIntegerField(default=1)),
                ("saved_tab", models.CharField(blank=True, max_length=32)),
                ("saved_turn", models.PositiveIntegerField(default=0)),
                ("track_clicks", models.BooleanField(default=True)),
                ("untagged_links", models.BooleanField(db_default=False, default=False)),
                ("link_campaign", models.CharField(blank=True, db_default="", max_length=60)),
                ("variants", models.JSONField(default=list)),
                (
                    "translations",
                    models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list),
                ),
                ("test_share", models.PositiveSmallIntegerField(default=10)),
                ("test_hours", models.PositiveSmallIntegerField(default=4)),
                ("test_metric", models.CharField(default="clicks", max_length=10)),
                ("per_hour", models.PositiveIntegerField(null=True)),
                ("policy_hash", models.CharField(blank=True, max_length=64)),
                ("policy_version", models.CharField(blank=True, max_length=20)),
                ("policy_ticked_at", models.DateTimeField(null=True)),
                ("state", models.CharField(default="draft", max_length=10)),
                ("state_reason", models.TextField(blank=True)),
                ("deleted_at", models.DateTimeField(null=True)),
                ("hold_rule", models.CharField(blank=True, db_default="", max_length=10)),
                ("review_asked_at", models.DateTimeField(null=True)),
                ("scheduled_at", models.DateTimeField(null=True)),
                ("local_at", models.DateTimeField(null=True)),
                ("at_best_hour", models.BooleanField(db_default=False, default=False)),
                ("time_zone", models.CharField(default="Europe/Berlin", max_length=64)),
                ("planned_count", models.PositiveIntegerField(default=0)),
                ("left_out", models.JSONField(default=dict)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("automation_id", models.BigIntegerField(null=True)),
                ("automation_over", models.BooleanField(db_default=False, default=False)),
                ("follow_up_of", models.BigIntegerField(null=True)),
                ("follow_up_goal", models.JSONField(null=True)),
                (
                    "labels",
                    ArrayField(
                        base_field=models.CharField(max_length=40),
                        db_default=models.Value(
                            [], output_field=ArrayField(base_field=models.CharField(max_length=40), size=None)
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "edited_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "policy_ticked_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to="domains.senderaddress"
                    ),
                ),
            ],
            options={
                "db_table": "campaign",
                "indexes": [
                    models.Index(fields=["account", "-created_at"], name="campaign_recent"),
                    models.Index(
                        condition=models.Q(("state", "scheduled")), fields=["scheduled_at"], name="campaign_due"
                    ),
                    models.Index(
                        condition=models.Q(("state", "review")), fields=["review_asked_at"], name="campaign_in_review"
                    ),
                    models.Index(
                        condition=models.Q(("automation_id__isnull", False)),
                        fields=["account", "automation_id"],
                        name="campaign_of_automation",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("follow_up_of__isnull", False)),
                        fields=("account", "follow_up_of"),
                        name="campaign_follow_up_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignComment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("about", models.CharField(blank=True, default="", max_length=10)),
                ("text", models.TextField(blank=True)),
                ("written_at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("author", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "campaign",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="comments", to="campaigns.campaign"),
                ),
                (
                    "deleted_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        null=True, on_delete=models.CASCADE, related_name="answers", to="campaigns.campaigncomment"
                    ),
                ),
            ],
            options={
                "db_table": "campaign_comment",
                "indexes": [models.Index(fields=["account", "campaign", "id"], name="campaign_comment_order")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text__gt", ""), ("deleted_at__isnull", False), _connector="XOR"),
                        name="comment_has_words_or_is_taken_back",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("content_hash", models.CharField(max_length=64)),
                ("approved", models.BooleanField()),
                ("text", models.TextField(blank=True)),
                ("note", models.TextField(blank=True)),
                ("why", models.JSONField(default=list)),
                ("reviewed_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("early", models.BooleanField(db_default=False, default=False)),
                ("seen", models.JSONField(null=True)),
                ("recipients", models.PositiveIntegerField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="reviews",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "db_table": "campaign_review",
                "indexes": [models.Index(fields=["account", "campaign", "-id"], name="campaign_review_recent")],
            },
        ),
        migrations.CreateModel(
            name="CampaignTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("subject", models.CharField(blank=True, max_length=250)),
                ("preheader", models.CharField(blank=True, max_length=250)),
                ("language", models.CharField(max_length=5)),
                ("content_kind", models.CharField(max_length=10)),
                ("theme", models.CharField(blank=True, db_default="", max_length=10)),
                ("content", models.TextField(blank=True)),
                ("is_locked", models.BooleanField(db_default=False, default=False)),
                ("text_override", models.TextField(blank=True)),
                (
                    "translations",
                    models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list),
                ),
                ("media_ids", ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "mailing_template",
                "constraints": [models.UniqueConstraint(fields=("account", "name"), name="mailing_template_name_once")],
            },
        ),
        migrations.CreateModel(
            name="CampaignVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("values", models.JSONField()),
                (
                    "suggested",
                    models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
                ),
                ("aside", models.BooleanField(default=False)),
                ("taken_from", models.PositiveIntegerField(null=True)),
                ("begun_at", models.DateTimeField()),
                ("saved_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="versions", to="campaigns.campaign"),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "campaign_version",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("aside", False)),
                        fields=("account", "campaign", "number"),
                        name="campaign_version_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContentLookup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("url", models.CharField(max_length=2000)),
                ("most", models.PositiveSmallIntegerField()),
                ("with_pictures", models.BooleanField()),
                ("state", models.CharField(default="queued", max_length=10)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("cancel_requested", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("found", models.JSONField(default=list)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "content_lookup",
                "indexes": [models.Index(fields=["account", "-created_at"], name="content_lookup_recent")],
            },
        ),
        migrations.CreateModel(
            name="CouponPool",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("key", models.CharField(max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "coupon_pool",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "key"), name="coupon_pool_key_once"),
                    models.UniqueConstraint(fields=("account", "name"), name="coupon_pool_name_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CouponCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=64)),
                ("campaign_id", models.BigIntegerField(null=True)),
                ("given_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="+",
                        to="lists.contact",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="codes", to="campaigns.couponpool"
                    ),
                ),
            ],
            options={
                "db_table": "coupon_code",
                "indexes": [
                    models.Index(
                        condition=models.Q(("given_at__isnull", True)),
                        fields=["account", "pool", "id"],
                        name="coupon_free",
                    ),
                    models.Index(
                        condition=models.Q(("given_at__isnull", False)),
                        fields=["account", "pool", "id"],
                        name="coupon_given",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "code"), name="coupon_code_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("contact__isnull", False)),
                        fields=("account", "contact", "pool"),
                        name="coupon_person_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("variant", models.PositiveSmallIntegerField(db_default=0)),
                ("language", models.CharField(db_default="", default="", max_length=5)),
                ("content_hash", models.CharField(max_length=64)),
                ("subject", models.TextField()),
                ("preheader", models.TextField(blank=True)),
                ("html", models.TextField()),
                ("text", models.TextField()),
                ("links", models.JSONField(default=list)),
                ("facts", models.JSONField(default=dict)),
                ("seal", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="editions", to="campaigns.campaign"),
                ),
                ("imprint", models.ForeignKey(on_delete=models.PROTECT, related_name="+", to="accounts.imprint")),
            ],
            options={
                "db_table": "edition",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "campaign", "number"), name="edition_number_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="FeedDigest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("url", models.CharField(max_length=500)),
                ("weekday", models.PositiveSmallIntegerField()),
                ("at", models.TimeField()),
                ("time_zone", models.CharField(max_length=64)),
                ("minimum", models.PositiveSmallIntegerField(default=1)),
                ("is_active", models.BooleanField(default=True)),
                ("next_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("checked_at", models.DateTimeField(db_column="looked_at", null=True)),
                ("outcome", models.CharField(blank=True, default="", max_length=10)),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "last_issue",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="campaigns.campaign"),
                ),
                ("mailing_list", models.ForeignKey(on_delete=models.CASCADE, related_name="+", to="lists.mailinglist")),
                (
                    "sender",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to="domains.senderaddress"
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to="campaigns.campaigntemplate"
                    ),
                ),
            ],
            options={
                "db_table": "feed_digest",
                "indexes": [
                    models.Index(condition=models.Q(("is_active", True)), fields=["next_at"], name="feed_digest_due")
                ],
                "constraints": [models.UniqueConstraint(fields=("account", "name"), name="feed_digest_name_once")],
            },
        ),
        migrations.CreateModel(
            name="FeedItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=64)),
                ("title", models.CharField(max_length=250)),
                ("summary", models.CharField(blank=True, max_length=400)),
                ("link", models.TextField(blank=True)),
                ("published_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "digest",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="items", to="campaigns.feeddigest"),
                ),
            ],
            options={
                "db_table": "feed_item",
                "constraints": [models.UniqueConstraint(fields=("account", "digest", "key"), name="feed_item_once")],
            },
        ),
        migrations.CreateModel(
            name="LinkTagging",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("is_on", models.BooleanField()),
                ("style", models.CharField(max_length=3)),
                ("domains", ArrayField(base_field=models.CharField(max_length=253), default=list, size=None)),
                ("source", models.CharField(max_length=60)),
                ("medium", models.CharField(max_length=60)),
                ("content", models.CharField(blank=True, max_length=60)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "link_tagging",
                "constraints": [models.UniqueConstraint(fields=("account",), name="link_tagging_once")],
            },
        ),
        migrations.CreateModel(
            name="LinkVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("url", models.TextField()),
                ("key", models.CharField(max_length=64)),
                ("outcome", models.CharField(default="waiting", max_length=10)),
                ("problem", models.CharField(blank=True, max_length=200)),
                ("final_url", models.TextField(blank=True)),
                ("redirects", models.PositiveSmallIntegerField(default=0)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("text", models.CharField(blank=True, max_length=600)),
                ("prices", models.JSONField(default=list)),
                ("events", models.JSONField(default=list)),
                ("is_current", models.BooleanField(default=True)),
                ("visited_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="link_visits", to="campaigns.campaign"),
                ),
            ],
            options={
                "db_table": "link_visit",
                "constraints": [models.UniqueConstraint(fields=("account", "campaign", "key"), name="link_visit_once")],
            },
        ),
        migrations.CreateModel(
            name="Media",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("alt", models.CharField(blank=True, max_length=250)),
                ("decorative", models.BooleanField(default=False)),
                ("made_by_ai", models.BooleanField(db_default=False, default=False)),
                ("sha256", models.CharField(max_length=64)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("animated", models.BooleanField(default=False)),
                ("octets", models.PositiveIntegerField()),
                ("gallery_key", models.CharField(blank=True, max_length=40)),
                ("folder", models.CharField(blank=True, db_default="", default="", max_length=60)),
                ("focus_x", models.PositiveSmallIntegerField(db_default=50, default=50)),
                ("focus_y", models.PositiveSmallIntegerField(db_default=50, default=50)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "original",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="campaigns.media"),
                ),
            ],
            options={
                "db_table": "media",
                "constraints": [models.UniqueConstraint(fields=("account", "sha256"), name="media_once")],
            },
        ),
        migrations.CreateModel(
            name="BrandLookup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("url", models.CharField(max_length=2000)),
                ("state", models.CharField(default="queued", max_length=10)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("cancel_requested", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("values", models.JSONField(default=dict)),
                ("colors", models.JSONField(default=list)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "logo",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="campaigns.media"),
                ),
            ],
            options={
                "db_table": "brand_lookup",
                "indexes": [models.Index(fields=["account", "-id"], name="brand_lookup_recent")],
            },
        ),
        migrations.CreateModel(
            name="BrandKit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("primary", models.CharField(max_length=7)),
                ("ink", models.CharField(max_length=7)),
                ("sheet", models.CharField(max_length=7)),
                ("page", models.CharField(max_length=7)),
                ("heading_font", models.CharField(max_length=20)),
                ("body_font", models.CharField(max_length=20)),
                ("button_shape", models.CharField(db_default="rounded", default="rounded", max_length=10)),
                ("link_style", models.CharField(db_default="underline", default="underline", max_length=10)),
                ("imprint_ink", models.CharField(max_length=7)),
                ("imprint_ground", models.CharField(max_length=7)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "logo",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="campaigns.media"),
                ),
                (
                    "logo_dark",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="campaigns.media"),
                ),
            ],
            options={
                "db_table": "brand_kit",
                "constraints": [models.UniqueConstraint(fields=("account",), name="brand_kit_once")],
            },
        ),
        migrations.CreateModel(
            name="MediaFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("slot", models.PositiveSmallIntegerField()),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("ending", models.CharField(max_length=4)),
                ("octets", models.PositiveIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                ("media", models.ForeignKey(on_delete=models.CASCADE, related_name="files", to="campaigns.media")),
            ],
            options={
                "db_table": "media_file",
                "constraints": [models.UniqueConstraint(fields=("account", "media", "slot"), name="media_file_once")],
            },
        ),
        migrations.CreateModel(
            name="MessageCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("url", models.CharField(blank=True, max_length=2000)),
                ("source", models.TextField(blank=True)),
                ("state", models.CharField(default="queued", max_length=10)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("cancel_requested", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("notes", models.JSONField(default=list)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(null=True, on_delete=models.SET_NULL, related_name="+", to="campaigns.campaign"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "message_copy",
                "indexes": [models.Index(fields=["account", "-created_at"], name="message_copy_recent")],
            },
        ),
        migrations.CreateModel(
            name="PageFetchCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("fetched", models.PositiveIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
            ],
            options={
                "db_table": "page_fetch_count",
                "indexes": [models.Index(fields=["day"], name="page_fetch_count_age")],
                "constraints": [models.UniqueConstraint(fields=("account", "day"), name="page_fetch_count_once")],
            },
        ),
        migrations.CreateModel(
            name="ReleaseRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("content_hash", models.CharField(max_length=64)),
                ("note", models.TextField(blank=True)),
                ("wanted_at", models.DateTimeField(null=True)),
                ("on_own_clocks", models.BooleanField(default=False)),
                ("at_best_hour", models.BooleanField(db_default=False, default=False)),
                ("asked_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, default="", max_length=10)),
                ("answered_at", models.DateTimeField(null=True)),
                ("text", models.TextField(blank=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="release_requests", to="campaigns.campaign"
                    ),
                ),
            ],
            options={
                "db_table": "release_request",
                "indexes": [models.Index(fields=["account", "campaign", "-id"], name="release_request_recent")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("answer", "")),
                        fields=("account", "campaign"),
                        name="release_request_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", "released"), _negated=True),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                models.Q(("answered_by", models.F("asked_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="release_by_a_second_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("content", models.TextField()),
                ("is_shared", models.BooleanField(default=False)),
                ("media_ids", ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "saved_block",
                "constraints": [models.UniqueConstraint(fields=("account", "name"), name="saved_block_name_once")],
            },
        ),
        migrations.CreateModel(
            name="TestList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("addresses", ArrayField(base_field=models.EmailField(max_length=254), size=None)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "test_list",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "name"), name="test_list_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(("addresses__len__range", (1, 10))), name="test_list_is_small"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WritingHelp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("is_off", models.BooleanField(default=False)),
                ("agreed_host", models.CharField(blank=True, max_length=300)),
                ("agreed_at", models.DateTimeField(null=True)),
                ("day", models.DateField(null=True)),
                ("used", models.PositiveIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "agreed_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "writing_help",
                "constraints": [models.UniqueConstraint(fields=("account",), name="writing_help_once")],
            },
        ),
        migrations.CreateModel(
            name="WritingRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("task", models.CharField(max_length=10)),
                ("variant", models.PositiveSmallIntegerField(default=0)),
                ("language", models.CharField(max_length=8)),
                ("texts", models.JSONField()),
                ("values", models.JSONField(default=dict)),
                ("answers", models.JSONField(default=list)),
                ("taken", models.JSONField(default=list)),
                ("state", models.CharField(default="queued", max_length=10)),
                ("problem", models.TextField(blank=True, db_default="")),
                ("cancel_requested", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=models.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="writing_requests", to="campaigns.campaign"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "writing_request",
                "indexes": [
                    models.Index(fields=["account", "campaign", "state"], name="writing_request_of_draft"),
                    models.Index(fields=["created_at"], name="writing_request_age"),
                ],
            },
        ),
    ]
