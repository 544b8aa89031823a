import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import orders.models.exact
import orders.models.payments
import orders.models.searching
import orders.models.translation
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('stores', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Download',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_number', models.PositiveBigIntegerField()),
                ('last_number', models.PositiveBigIntegerField()),
                ('count', models.PositiveIntegerField()),
                ('after', models.PositiveBigIntegerField(default=0, help_text='The place behind which the desktop asked: that of the last order that it has.')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('desktop', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='downloads', to='stores.desktop')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='downloads', to='stores.store')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='ExportSequence',
            fields=[
                ('store', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='sequence', serialize=False, to='stores.store')),
                ('last_number', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Rejudgement',
            fields=[
                ('store', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='rejudgement', serialize=False, to='stores.store')),
                ('position', models.BigIntegerField(default=0, help_text='Key of the last order that was judged.')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When the settings were last changed.')),
                ('nudged_at', models.DateTimeField(help_text='When the workers were last told about it, or worked on it.', null=True)),
            ],
            options={
                'ordering': ['asked_at'],
            },
        ),
        migrations.CreateModel(
            name='Backfill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('paused', 'paused'), ('cancelled', 'cancelled'), ('done', 'done'), ('failed', 'failed')], default='waiting', max_length=10)),
                ('position', models.BigIntegerField(default=0, help_text='Last order number that is done.')),
                ('lease', models.UUIDField(default=uuid.uuid4, help_text='Fencing token of the worker that holds the job.')),
                ('leased_until', models.DateTimeField(null=True)),
                ('not_before', models.DateTimeField(default=django.utils.timezone.now, help_text='Not taken up before this time.')),
                ('nudged_at', models.DateTimeField(help_text='When the workers were last told about it.', null=True)),
                ('failures', models.PositiveIntegerField(default=0, help_text='Failed attempts in a row.')),
                ('problem', models.TextField(blank=True)),
                ('remedy', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('kind', models.CharField(choices=[('dates', 'by date'), ('numbers', 'by order number')], max_length=8)),
                ('since', models.DateTimeField(help_text='Orders placed then or later; blank: from the first.', null=True)),
                ('until', models.DateTimeField(help_text='Orders placed before then; blank: up to the last.', null=True)),
                ('first_number', models.BigIntegerField(null=True)),
                ('last_number', models.BigIntegerField(null=True)),
                ('estimated', models.PositiveBigIntegerField(default=0, help_text='Orders in the range when it was asked for.')),
                ('fetched', models.PositiveBigIntegerField(default=0)),
                ('new', models.PositiveBigIntegerField(default=0)),
                ('updated', models.PositiveBigIntegerField(default=0)),
                ('unchanged', models.PositiveBigIntegerField(default=0)),
                ('held', models.PositiveBigIntegerField(default=0)),
                ('seconds', models.FloatField(default=0.0, help_text='Time spent on pages, without the waiting between slices.')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='stores.store')),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': (('export_backfill', 'Can export backfills'),),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CustomField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('module', models.CharField(help_text='Code of the Miva module that the field belongs to.', max_length=100)),
                ('code', models.CharField(max_length=100)),
                ('name', models.CharField(blank=True, max_length=255)),
                ('type', models.CharField(blank=True, help_text='As Miva names it: text, checkbox, price.', max_length=60)),
                ('group', models.CharField(blank=True, help_text="The module's name in Miva.", max_length=255)),
                ('seen_at', models.DateTimeField(help_text='When Miva last listed it.')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='custom_fields', to='stores.store')),
            ],
            options={
                'ordering': ['store', 'module', 'code'],
                'permissions': (('export_customfield', 'Can export custom fields'),),
            },
        ),
        migrations.CreateModel(
            name='CustomFieldMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('module', models.CharField(blank=True, help_text='Code of the Miva module; blank: whichever module has the field.', max_length=100)),
                ('code', models.CharField(help_text="Miva's field code.", max_length=100)),
                ('action', models.CharField(choices=[('rename', 'Send under another name'), ('drop', 'Leave out'), ('comment', 'Write into the comments')], max_length=10)),
                ('name', models.CharField(blank=True, help_text="The field's name in Stone Edge, or its label in the comments.", max_length=100)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='custom_field_mappings', to='stores.store')),
            ],
            options={
                'ordering': ['module', 'code'],
            },
        ),
        migrations.CreateModel(
            name='DownloadDocument',
            fields=[
                ('download', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='document', serialize=False, to='orders.download')),
                ('content', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='Enquiry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('paused', 'paused'), ('cancelled', 'cancelled'), ('done', 'done'), ('failed', 'failed')], default='waiting', max_length=10)),
                ('position', models.BigIntegerField(default=0, help_text='Last order number that is done.')),
                ('lease', models.UUIDField(default=uuid.uuid4, help_text='Fencing token of the worker that holds the job.')),
                ('leased_until', models.DateTimeField(null=True)),
                ('not_before', models.DateTimeField(default=django.utils.timezone.now, help_text='Not taken up before this time.')),
                ('nudged_at', models.DateTimeField(help_text='When the workers were last told about it.', null=True)),
                ('failures', models.PositiveIntegerField(default=0, help_text='Failed attempts in a row.')),
                ('problem', models.TextField(blank=True)),
                ('remedy', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('number', models.BigIntegerField(verbose_name='order number')),
                ('answer', models.CharField(blank=True, choices=[('exists', 'exists in Miva'), ('passed', 'not in Miva, though higher numbers are'), ('ahead', 'not in Miva, and no higher number is'), ('unreached', 'no answer')], max_length=10)),
                ('placed_at', models.DateTimeField(help_text='When the order was placed, as Miva says.', null=True)),
                ('updated_at', models.DateTimeField(help_text='When it was last changed there; blank: not told.', null=True)),
                ('miva_status', models.IntegerField(null=True, verbose_name='Miva status')),
                ('queue_code', models.CharField(blank=True, help_text='The queue that was looked at.', max_length=60)),
                ('in_queue', models.BooleanField(help_text='Whether the order is in that queue; blank: not told.', null=True)),
                ('next_number', models.BigIntegerField(help_text='The next number that Miva has.', null=True)),
                ('backfill', models.ForeignKey(help_text='By which it is fetched.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='enquiries', to='orders.backfill')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='stores.store')),
            ],
            options={
                'verbose_name_plural': 'enquiries',
                'ordering': ['-pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='FieldDiscovery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('paused', 'paused'), ('cancelled', 'cancelled'), ('done', 'done'), ('failed', 'failed')], default='waiting', max_length=10)),
                ('position', models.BigIntegerField(default=0, help_text='Last order number that is done.')),
                ('lease', models.UUIDField(default=uuid.uuid4, help_text='Fencing token of the worker that holds the job.')),
                ('leased_until', models.DateTimeField(null=True)),
                ('not_before', models.DateTimeField(default=django.utils.timezone.now, help_text='Not taken up before this time.')),
                ('nudged_at', models.DateTimeField(help_text='When the workers were last told about it.', null=True)),
                ('failures', models.PositiveIntegerField(default=0, help_text='Failed attempts in a row.')),
                ('problem', models.TextField(blank=True)),
                ('remedy', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='stores.store')),
            ],
            options={
                'ordering': ['-pk'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('miva_id', models.BigIntegerField(help_text="Miva's order id, the number that shoppers see.", verbose_name='order number')),
                ('raw', models.JSONField(decoder=orders.models.exact.ExactDecoder, encoder=orders.models.exact.ExactEncoder)),
                ('fingerprint', models.CharField(help_text="Of the content, without what Miva's workflows change on delivery.", max_length=32)),
                ('state', models.CharField(choices=[('exportable', 'ready for Stone Edge'), ('held', 'held'), ('incomplete', 'incomplete'), ('ignored', 'ignored')], max_length=12)),
                ('reason', models.TextField(blank=True, help_text='Why the order is held.')),
                ('remedy', models.TextField(blank=True, help_text='What to do about it.')),
                ('warnings', models.JSONField(default=list)),
                ('cancelled', models.BooleanField(default=False, help_text='Ignored because Miva cancelled it, until it changes there; not by a person.')),
                ('held_by_hand', models.BooleanField(default=False, help_text='Held because a person or a program said so, until it is released.')),
                ('export_number', models.PositiveBigIntegerField(help_text='Place in the sequence that Stone Edge reads.', null=True)),
                ('first_number', models.PositiveBigIntegerField(help_text='The first export number that the order ever had; a desktop that names the order stands there.', null=True)),
                ('former_numbers', models.JSONField(default=list, help_text='The export numbers that it had before, oldest first.')),
                ('placed_at', models.DateTimeField()),
                ('miva_status', models.IntegerField(verbose_name='Miva status')),
                ('miva_updated', models.BigIntegerField(default=0, help_text='dt_updated of the kept version, Unix seconds; 0: not told.')),
                ('total', models.DecimalField(decimal_places=2, default=Decimal('0'), max_digits=18)),
                ('customer', models.CharField(blank=True, max_length=200)),
                ('email', models.CharField(blank=True, max_length=254)),
                ('skus', models.TextField(blank=True, help_text='Codes and SKUs of the lines, lower case, each between spaces.')),
                ('road', models.CharField(help_text='By which road the kept version came.', max_length=12)),
                ('fetched_at', models.DateTimeField(help_text='When the request that brought the kept version was sent.')),
                ('kept_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When the order first arrived here.')),
                ('changed_at', models.DateTimeField(help_text='When a later version replaced the first.', null=True)),
                ('numbered_at', models.DateTimeField(help_text='When it took its export number.', null=True)),
                ('checked_at', models.DateTimeField(help_text='When an incomplete order was last looked at in Miva.', null=True)),
                ('released_at', models.DateTimeField(help_text='When it became ready after having been held, or was sent again.', null=True)),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='stores.store')),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': (('decide_order', 'Can try again, ignore and release orders'), ('resend_order', 'Can send orders to Stone Edge again'), ('export_order', 'Can export orders')),
            },
        ),
        migrations.CreateModel(
            name='OrderHint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('miva_id', models.BigIntegerField(verbose_name='order number')),
                ('hinted_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When it was last said.')),
                ('mark', models.UUIDField(default=uuid.uuid4, help_text='Another one each time that it is said.')),
                ('not_before', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('leased_until', models.DateTimeField(null=True)),
                ('lease', models.UUIDField(help_text='Fencing token of the worker that fetches the order.', null=True)),
                ('taken_mark', models.UUIDField(help_text='The mark when that worker took it: another one by now means, said again since.', null=True)),
                ('looks', models.PositiveSmallIntegerField(default=0, help_text='How often Miva did not know the order.')),
                ('failures', models.PositiveIntegerField(default=0, help_text='Failed calls in a row.')),
                ('problem_kind', models.CharField(blank=True, help_text='How the last call failed.', max_length=20)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hints', to='stores.store')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='OrderStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('edited', 'edited in Miva'), ('judged', 'judged again')], max_length=6)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('road', models.CharField(blank=True, help_text='By which road the version came.', max_length=12)),
                ('road_before', models.CharField(blank=True, help_text='By which road the one before had come.', max_length=12)),
                ('state_before', models.CharField(choices=[('exportable', 'ready for Stone Edge'), ('held', 'held'), ('incomplete', 'incomplete'), ('ignored', 'ignored')], max_length=12)),
                ('reason_before', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('exportable', 'ready for Stone Edge'), ('held', 'held'), ('incomplete', 'incomplete'), ('ignored', 'ignored')], max_length=12)),
                ('reason', models.TextField(blank=True)),
                ('export_number', models.PositiveBigIntegerField(help_text='The number that it has since.', null=True)),
                ('request_id', models.CharField(blank=True, help_text='Of the request or task that did it.', max_length=64)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='orders.order')),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stores.store')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='PaymentMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('enabled', models.BooleanField(default=True, help_text='Off: the mapping is not asked.')),
                ('position', models.PositiveSmallIntegerField(default=100, help_text='Lower numbers are asked first; the first mapping that fits decides.', validators=[django.core.validators.MaxValueValidator(32000)])),
                ('module', models.CharField(blank=True, help_text='Of the payment module in Miva, such as authnet* or braintree. * stands for any characters, ? for one; part several with commas. Blank: every module.', max_length=200, validators=[orders.models.payments.check_module], verbose_name='module code')),
                ('description', models.CharField(blank=True, help_text="Words that stand in the payment's description, card brand or module name, such as apple pay. Part several with commas. Blank: whatever they say.", max_length=200, validators=[orders.models.payments.check_description], verbose_name='description or card brand')),
                ('without_module', models.BooleanField(default=False, help_text='Only payments that have no module code, because their module was uninstalled in Miva.', verbose_name='only without a module code')),
                ('element', models.CharField(choices=[('CreditCard', 'Credit card'), ('PayPal', 'PayPal'), ('StoreCredit', 'Store credit'), ('Check', 'Check'), ('COD', 'COD'), ('PurchaseOrder', 'Purchase order'), ('GiftCard', 'Gift card'), ('Generic1', 'Generic payment')], help_text='What it becomes in Stone Edge.', max_length=20, verbose_name='Stone Edge payment')),
                ('name', models.CharField(blank=True, help_text="Credit card: the card type exactly as Stone Edge has it; blank: from the card brand. Generic payment and store credit: the name; blank: Miva's own. The others have none.", max_length=100, verbose_name='method name')),
                ('last_four_key', models.CharField(blank=True, help_text="Payment data key with the card's last four digits.", max_length=200, validators=[orders.models.payments.check_keys], verbose_name='last four key')),
                ('expiry_key', models.CharField(blank=True, help_text="Payment data key with the card's expiry date.", max_length=200, validators=[orders.models.payments.check_keys], verbose_name='expiry key')),
                ('authorization_key', models.CharField(blank=True, help_text="Payment data key with the gateway's approval or authorization code.", max_length=200, validators=[orders.models.payments.check_keys], verbose_name='authorization code key')),
                ('transaction_key', models.CharField(blank=True, help_text="Payment data key with the transaction id; blank: Miva's reference number.", max_length=200, validators=[orders.models.payments.check_keys], verbose_name='transaction id key')),
                ('avs_key', models.CharField(blank=True, help_text='Payment data key with the result of the address check.', max_length=200, validators=[orders.models.payments.check_keys], verbose_name='AVS key')),
                ('cvv_result_key', models.CharField(blank=True, help_text='Payment data key with the result of the card code check.', max_length=200, validators=[orders.models.payments.check_keys], verbose_name='CVV result key')),
                ('store', models.ForeignKey(blank=True, help_text="Blank: for all stores. A store's own mapping is asked before one for all stores.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='payment_mappings', to='stores.store')),
            ],
            options={
                'ordering': ['position', 'pk'],
                'permissions': (('export_paymentmapping', 'Can export payment mappings'),),
            },
        ),
        migrations.CreateModel(
            name='ReceivedPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('orders', models.JSONField(decoder=orders.models.exact.ExactDecoder, encoder=orders.models.exact.ExactEncoder)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When the request that brought it was sent.')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='received_pages', to='stores.store')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('paused', 'paused'), ('cancelled', 'cancelled'), ('done', 'done'), ('failed', 'failed')], default='waiting', max_length=10)),
                ('position', models.BigIntegerField(default=0, help_text='Last order number that is done.')),
                ('lease', models.UUIDField(default=uuid.uuid4, help_text='Fencing token of the worker that holds the job.')),
                ('leased_until', models.DateTimeField(null=True)),
                ('not_before', models.DateTimeField(default=django.utils.timezone.now, help_text='Not taken up before this time.')),
                ('nudged_at', models.DateTimeField(help_text='When the workers were last told about it.', null=True)),
                ('failures', models.PositiveIntegerField(default=0, help_text='Failed attempts in a row.')),
                ('problem', models.TextField(blank=True)),
                ('remedy', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('days', models.PositiveSmallIntegerField(default=3)),
                ('planned', models.BooleanField(default=False, help_text='By the clock, once each night.')),
                ('since', models.DateTimeField(help_text='Orders placed then or later were compared.', null=True)),
                ('until', models.DateTimeField(help_text='When the comparison began.', null=True)),
                ('compared', models.PositiveBigIntegerField(default=0, help_text='Orders that Miva named.')),
                ('missing', models.JSONField(default=list, help_text='Numbers that were not here, the first of them.')),
                ('missing_count', models.PositiveBigIntegerField(default=0)),
                ('extra', models.JSONField(default=list, help_text='Numbers that Miva does not list any more, the first of them.')),
                ('extra_count', models.PositiveBigIntegerField(default=0)),
                ('different', models.JSONField(default=list, help_text='Numbers that were older here than in Miva, the first of them.')),
                ('different_count', models.PositiveBigIntegerField(default=0)),
                ('imported', models.PositiveBigIntegerField(default=0, help_text='Missing orders that are here now.')),
                ('refreshed', models.PositiveBigIntegerField(default=0, help_text='Older orders that were fetched again.')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='stores.store')),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': (('export_reconciliation', 'Can export reconciliations'),),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Resend',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('former_number', models.PositiveBigIntegerField(help_text='The export number that a desktop was given.')),
                ('export_number', models.PositiveBigIntegerField(help_text='The place that it took at the end of the sequence.')),
                ('reason', models.CharField(max_length=200)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='resends', to='orders.order')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='resends', to='stores.store')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='TranslationSettings',
            fields=[
                ('store', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='translation_settings', serialize=False, to='stores.store')),
                ('tolerance', models.DecimalField(decimal_places=2, default=Decimal('0.02'), help_text="When an order's parts do not add up to its total in Miva: up to this amount the difference is sent as a rounding entry, beyond it the order is held.", max_digits=6, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('1'))], verbose_name='rounding tolerance')),
                ('discounts', models.CharField(choices=[('entries', 'Discount and coupon entries of their own'), ('lines', 'Order lines with a negative price')], default='entries', help_text='Discounts on a single item are in its price already and are named in the comments.', max_length=10, verbose_name='order discounts and coupons')),
                ('discount_sku', models.CharField(default='DISCOUNT', help_text='Used when discounts are sent as order lines: a product with this SKU must exist in Stone Edge.', max_length=255, validators=[orders.models.translation.check_sku], verbose_name='SKU of discount lines')),
                ('coupon_sku', models.CharField(default='COUPON', help_text='Used when coupons are sent as order lines: a product with this SKU must exist in Stone Edge.', max_length=255, validators=[orders.models.translation.check_sku], verbose_name='SKU of coupon lines')),
                ('notes_to', models.CharField(choices=[('comments', 'Comments (inside the office)'), ('instructions', 'Order instructions (printed on the invoice)'), ('gift_message', 'Gift message'), ('nowhere', 'Nowhere: left out')], default='comments', help_text='Notes that people wrote in Miva. Comments can keep Stone Edge from approving an order by itself.', max_length=12, verbose_name='order notes go to')),
                ('comments_to', models.CharField(choices=[('comments', 'Comments (inside the office)'), ('instructions', 'Order instructions (printed on the invoice)'), ('gift_message', 'Gift message'), ('nowhere', 'Nowhere: left out')], default='comments', help_text='What the checkout asks for in custom fields such as comments or order_instructions.', max_length=12, verbose_name="the shopper's comments go to")),
                ('gift_message_to', models.CharField(choices=[('comments', 'Comments (inside the office)'), ('instructions', 'Order instructions (printed on the invoice)'), ('gift_message', 'Gift message'), ('nowhere', 'Nowhere: left out')], default='gift_message', help_text='What the checkout asks for in custom fields such as gift_message.', max_length=12, verbose_name='gift messages go to')),
                ('custom_fields_as', models.CharField(choices=[('block', 'Custom fields'), ('comments', 'Lines in the comments')], default='block', help_text="Custom fields: the merchant enters Miva's field code in Stone Edge, Settings → Data Functions → Setup Custom Fields. Lines in the comments: for a Stone Edge that cannot read them.", max_length=10, verbose_name='custom fields are sent as')),
                ('signifyd_field', models.CharField(blank=True, help_text='The Miva field that holds it; it is sent as SignifydGuaranteeDisposition. Empty: the field of the Signifyd module, when the order has one.', max_length=200, validators=[django.core.validators.RegexValidator('^[^:\\s]+:[^:\\s]+$', "Write Miva's module and field code with a colon between them, as in customfields:signifyd, or leave the box empty.")], verbose_name="Signifyd's decision")),
                ('ascii_only', models.BooleanField(default=False, help_text='é becomes e, ß becomes ss: for a Stone Edge that shows such letters wrongly.', verbose_name='plain letters only')),
                ('line_breaks', models.CharField(choices=[('space', 'A space'), ('crlf', 'A Windows line break (CR LF)')], default='space', help_text='In comments, instructions and gift messages.', max_length=10, verbose_name='line breaks inside a text become')),
                ('version', models.PositiveIntegerField(default=0, editable=False, help_text='Moved by every save, so that nobody overwrites what he has not seen.')),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('changed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'translation settings',
                'verbose_name_plural': 'translation settings',
            },
        ),
        migrations.CreateModel(
            name='UnmappedPayment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('module', models.CharField(blank=True, max_length=60, verbose_name='module code')),
                ('description', models.CharField(blank=True, max_length=100, verbose_name='description or card brand')),
                ('first_seen', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_seen', models.DateTimeField(default=django.utils.timezone.now)),
                ('count', models.PositiveIntegerField(default=0, verbose_name='payments')),
                ('order_number', models.BigIntegerField(verbose_name='example order')),
                ('dismissed_at', models.DateTimeField(help_text='When somebody decided that there is nothing to map: a generic payment is right.', null=True)),
                ('dismissed_because', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='reason')),
                ('dismissed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unmapped_payments', to='stores.store')),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': (('export_unmappedpayment', 'Can export unmapped payments'),),
            },
        ),
        migrations.CreateModel(
            name='Acknowledgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('miva_id', models.BigIntegerField(verbose_name='order number')),
                ('at', models.DateTimeField()),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stores.store')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('store', 'miva_id'), name='acknowledgement_of_order')],
            },
        ),
        migrations.AddIndex(
            model_name='backfill',
            index=models.Index(condition=models.Q(('state__in', ('waiting', 'running'))), fields=['not_before'], name='backfill_open'),
        ),
        migrations.AddConstraint(
            model_name='customfield',
            constraint=models.UniqueConstraint(fields=('store', 'module', 'code'), name='custom_field_of_store'),
        ),
        migrations.AddConstraint(
            model_name='customfieldmapping',
            constraint=models.UniqueConstraint(models.F('store'), django.db.models.functions.text.Lower('module'), django.db.models.functions.text.Lower('code'), name='mapping_of_custom_field'),
        ),
        migrations.AddIndex(
            model_name='download',
            index=models.Index(fields=['store', '-last_number'], name='download_reach'),
        ),
        migrations.AddIndex(
            model_name='enquiry',
            index=models.Index(condition=models.Q(('state__in', ('waiting', 'running'))), fields=['not_before'], name='enquiry_open'),
        ),
        migrations.AddIndex(
            model_name='enquiry',
            index=models.Index(fields=['store', 'number', '-id'], name='enquiry_of_number'),
        ),
        migrations.AddConstraint(
            model_name='enquiry',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('waiting', 'running'))), fields=('store', 'number'), name='one_open_enquiry'),
        ),
        migrations.AddIndex(
            model_name='fielddiscovery',
            index=models.Index(condition=models.Q(('state__in', ('waiting', 'running'))), fields=['not_before'], name='fielddiscovery_open'),
        ),
        migrations.AddConstraint(
            model_name='fielddiscovery',
            constraint=models.UniqueConstraint(fields=('store',), name='field_discovery_of_store'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['store', 'placed_at'], name='order_placed'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['miva_id'], name='order_number'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['store', '-id'], name='order_list'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('state', 'exportable'), _negated=True), fields=['state', '-id'], name='order_set_aside'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('warnings', []), _negated=True), fields=['-id'], name='order_warned'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=orders.models.searching.BeginningIndex(fields=['email'], name='order_email'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=orders.models.searching.WordsIndex(fields=['customer', 'skus'], name='order_words'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('state', 'held')), fields=['store'], name='order_held'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('state', 'exportable')), fields=['store', 'export_number'], name='order_ready'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('changed_at__isnull', False)), fields=['store'], name='order_changed'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('state', 'incomplete')), fields=['store', 'checked_at'], name='order_incomplete'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('store', 'miva_id'), name='order_of_store'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('store', 'export_number'), name='export_number_of_store'),
        ),
        migrations.AddConstraint(
            model_name='orderhint',
            constraint=models.UniqueConstraint(fields=('store', 'miva_id'), name='hint_of_store'),
        ),
        migrations.AddIndex(
            model_name='reconciliation',
            index=models.Index(condition=models.Q(('state__in', ('waiting', 'running'))), fields=['not_before'], name='reconciliation_open'),
        ),
        migrations.AddConstraint(
            model_name='reconciliation',
            constraint=models.UniqueConstraint(condition=models.Q(('planned', True), ('state__in', ('waiting', 'running'))), fields=('store',), name='one_night_ahead'),
        ),
        migrations.AddConstraint(
            model_name='unmappedpayment',
            constraint=models.UniqueConstraint(fields=('store', 'module', 'description'), name='unmapped_of_store'),
        ),
    ]
