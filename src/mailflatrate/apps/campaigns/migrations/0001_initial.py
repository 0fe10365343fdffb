"""The tables of campaigns in 0.2. `../sql` has their functions and triggers."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A database of 0.1 that has had all of these has these tables (docs/release.md).
REPLACED = """
0002_campaign_policy_version_alter_campaign_mailing_id 0003_review 0004_review_held 0005_hold 0006_hold_held
0007_material 0008_versions 0009_blocks 0010_excluded 0011_pace 0012_release_requests 0013_second_release_held
0014_comments 0015_waves 0016_variants 0017_made_by_ai 0018_digests 0019_sealed_editions 0020_stored_pictures
"""


class Migration(migrations.Migration):
    initial = True
    replaces = [("campaigns", name) for name in REPLACED.split()]

    dependencies = [
        ("accounts", "0001_initial"),
        ("domains", "0001_initial"),
        ("lists", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                (
                    "list_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("conditions", models.JSONField(default=list)),
                (
                    "excluded_list_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("excluded_segments", models.JSONField(default=list)),
                (
                    "excluded_mailing_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("content_kind", models.CharField(default="markdown", max_length=10)),
                ("content", models.TextField(blank=True)),
                ("text_override", models.TextField(blank=True)),
                (
                    "media_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("saved_tab", models.CharField(blank=True, max_length=32)),
                ("saved_turn", models.PositiveIntegerField(default=0)),
                ("track_clicks", models.BooleanField(default=True)),
                ("variants", models.JSONField(default=list)),
                ("test_share", models.PositiveSmallIntegerField(default=10)),
                ("test_hours", models.PositiveSmallIntegerField(default=4)),
                ("test_metric", models.CharField(default="clicks", max_length=10)),
                ("per_hour", models.PositiveIntegerField(null=True)),
                ("policy_hash", models.CharField(blank=True, max_length=64)),
                ("policy_version", models.CharField(blank=True, max_length=20)),
                ("policy_ticked_at", models.DateTimeField(null=True)),
                ("state", models.CharField(default="draft", max_length=10)),
                ("state_reason", models.TextField(blank=True)),
                ("hold_rule", models.CharField(blank=True, db_default="", max_length=10)),
                ("review_asked_at", models.DateTimeField(null=True)),
                ("scheduled_at", models.DateTimeField(null=True)),
                ("local_at", models.DateTimeField(null=True)),
                ("time_zone", models.CharField(default="Europe/Berlin", max_length=64)),
                ("planned_count", models.PositiveIntegerField(default=0)),
                ("left_out", models.JSONField(default=dict)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "edited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "policy_ticked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="domains.senderaddress",
                    ),
                ),
            ],
            options={
                "db_table": "campaign",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="campaigns.campaign"
                    ),
                ),
                (
                    "deleted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="campaigns.campaigncomment",
                    ),
                ),
            ],
            options={
                "db_table": "campaign_comment",
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
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="reviews",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "campaign_review",
            },
        ),
        migrations.CreateModel(
            name="CampaignVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("values", models.JSONField()),
                ("aside", models.BooleanField(default=False)),
                ("taken_from", models.PositiveIntegerField(null=True)),
                ("begun_at", models.DateTimeField()),
                ("saved_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="campaigns.campaign"
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "campaign_version",
            },
        ),
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("variant", models.PositiveSmallIntegerField(db_default=0)),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="editions", to="campaigns.campaign"
                    ),
                ),
                (
                    "imprint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.imprint"
                    ),
                ),
            ],
            options={
                "db_table": "edition",
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
                ("looked_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, default="", max_length=10)),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "last_issue",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "mailing_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="lists.mailinglist"
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="domains.senderaddress",
                    ),
                ),
            ],
            options={
                "db_table": "feed_digest",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "digest",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="campaigns.feeddigest"
                    ),
                ),
            ],
            options={
                "db_table": "feed_item",
            },
        ),
        migrations.CreateModel(
            name="MailingTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("subject", models.CharField(blank=True, max_length=250)),
                ("preheader", models.CharField(blank=True, max_length=250)),
                ("language", models.CharField(max_length=5)),
                ("content_kind", models.CharField(max_length=10)),
                ("content", models.TextField(blank=True)),
                ("text_override", models.TextField(blank=True)),
                (
                    "media_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "mailing_template",
            },
        ),
        migrations.AddField(
            model_name="feeddigest",
            name="template",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="campaigns.mailingtemplate",
            ),
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "media",
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
                ("imprint_ink", models.CharField(max_length=7)),
                ("imprint_ground", models.CharField(max_length=7)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "logo",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="campaigns.media"
                    ),
                ),
            ],
            options={
                "db_table": "brand_kit",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "media",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="campaigns.media"
                    ),
                ),
            ],
            options={
                "db_table": "media_file",
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
                ("asked_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, default="", max_length=10)),
                ("answered_at", models.DateTimeField(null=True)),
                ("text", models.TextField(blank=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="release_requests",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "db_table": "release_request",
            },
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(fields=["account", "-created_at"], name="campaign_recent"),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(
                condition=models.Q(("state", "scheduled")), fields=["scheduled_at"], name="campaign_due"
            ),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(
                condition=models.Q(("state", "review")), fields=["review_asked_at"], name="campaign_in_review"
            ),
        ),
        migrations.AddIndex(
            model_name="campaigncomment",
            index=models.Index(fields=["account", "campaign", "id"], name="campaign_comment_order"),
        ),
        migrations.AddConstraint(
            model_name="campaigncomment",
            constraint=models.CheckConstraint(
                condition=models.Q(("text__gt", ""), ("deleted_at__isnull", False), _connector="XOR"),
                name="comment_has_words_or_is_taken_back",
            ),
        ),
        migrations.AddIndex(
            model_name="campaignreview",
            index=models.Index(fields=["account", "campaign", "-id"], name="campaign_review_recent"),
        ),
        migrations.AddConstraint(
            model_name="campaignversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("aside", False)),
                fields=("account", "campaign", "number"),
                name="campaign_version_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="edition",
            constraint=models.UniqueConstraint(fields=("account", "campaign", "number"), name="edition_number_once"),
        ),
        migrations.AddConstraint(
            model_name="feeditem",
            constraint=models.UniqueConstraint(fields=("account", "digest", "key"), name="feed_item_once"),
        ),
        migrations.AddConstraint(
            model_name="mailingtemplate",
            constraint=models.UniqueConstraint(fields=("account", "name"), name="mailing_template_name_once"),
        ),
        migrations.AddIndex(
            model_name="feeddigest",
            index=models.Index(condition=models.Q(("is_active", True)), fields=["next_at"], name="feed_digest_due"),
        ),
        migrations.AddConstraint(
            model_name="feeddigest",
            constraint=models.UniqueConstraint(fields=("account", "name"), name="feed_digest_name_once"),
        ),
        migrations.AddConstraint(
            model_name="media",
            constraint=models.UniqueConstraint(fields=("account", "sha256"), name="media_once"),
        ),
        migrations.AddConstraint(
            model_name="brandkit",
            constraint=models.UniqueConstraint(fields=("account",), name="brand_kit_once"),
        ),
        migrations.AddConstraint(
            model_name="mediafile",
            constraint=models.UniqueConstraint(fields=("account", "media", "slot"), name="media_file_once"),
        ),
        migrations.AddIndex(
            model_name="releaserequest",
            index=models.Index(fields=["account", "campaign", "-id"], name="release_request_recent"),
        ),
        migrations.AddConstraint(
            model_name="releaserequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answer", "")), fields=("account", "campaign"), name="release_request_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="releaserequest",
            constraint=models.CheckConstraint(
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
        ),
    ]
