"""Which mailboxes obey headers, and OAuth2 for IMAP sources."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0013_tickets_of_somebody"),
    ]

    operations = [
        migrations.AddField(
            model_name="imapsource",
            name="client_id",
            field=models.CharField(blank=True, max_length=254, verbose_name="client ID"),
        ),
        migrations.AddField(
            model_name="imapsource",
            name="refresh_secret",
            field=models.BinaryField(
                blank=True, default=b"", help_text="Encrypted with the secret key.", verbose_name="refresh token"
            ),
        ),
        migrations.AddField(
            model_name="imapsource",
            name="scope",
            field=models.CharField(blank=True, max_length=500, verbose_name="scope"),
        ),
        migrations.AddField(
            model_name="imapsource",
            name="sign_in",
            field=models.CharField(
                choices=[
                    ("password", "password"),
                    ("client_credentials", "OAuth2, in the name of the application"),
                    ("refresh_token", "OAuth2, with a refresh token"),
                ],
                default="password",
                max_length=20,
                verbose_name="sign-in",
            ),
        ),
        migrations.AddField(
            model_name="imapsource",
            name="token_url",
            field=models.CharField(blank=True, max_length=500, verbose_name="token address"),
        ),
        migrations.AddField(
            model_name="mailbox",
            name="trusts_headers",
            field=models.BooleanField(default=False, verbose_name="obeys X-Ticketdesk headers"),
        ),
        migrations.AddConstraint(
            model_name="imapsource",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sign_in", "password"),
                    models.Q(models.Q(("token_url", ""), _negated=True), models.Q(("client_id", ""), _negated=True)),
                    _connector="OR",
                ),
                name="imap_oauth_has_client",
                violation_error_message="OAuth2 needs the token address and the client ID.",
            ),
        ),
    ]
