import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('orders', '0001_initial'),
        ('stores', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='FulfillmentRules',
            fields=[
                ('store', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='fulfillment_rules', serialize=False, to='stores.store')),
                ('packages', models.CharField(choices=[('join', 'One shipment, the tracking numbers joined by a comma'), ('split', 'One shipment for each package, the lines are split')], default='join', help_text='What Miva gets when the same lines leave in several packages: its shipment has one tracking number.', max_length=5, verbose_name='several packages')),
                ('cancel', models.BooleanField(default=False, help_text='On: a line that is cancelled in Stone Edge is cancelled in Miva, which restores its stock.', verbose_name='cancel in Miva')),
                ('back_order', models.BooleanField(default=False, help_text='On: a line that is back-ordered in Stone Edge is back-ordered in Miva.', verbose_name='back-order in Miva')),
                ('unknown_orders', models.CharField(choices=[('refuse', 'Say so: Stone Edge keeps the message and sends it again'), ('ignore', 'Answer OK')], default='refuse', help_text='What Stone Edge is told about an order that is not here. Choose OK when its queue jams.', max_length=6)),
            ],
            options={
                'verbose_name': 'shipments and status',
                'verbose_name_plural': 'shipments and status',
            },
        ),
        migrations.CreateModel(
            name='StoreShipping',
            fields=[
            ],
            options={
                'verbose_name': 'shipping of a store',
                'verbose_name_plural': 'shipping of stores',
                'permissions': (('export_storeshipping', 'Can export the shipping of stores'),),
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('stores.store',),
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, help_text='Not pushed before this time.')),
                ('version', models.PositiveIntegerField(default=1, help_text='Raised each time that something else is to be pushed.')),
                ('attempts', models.PositiveIntegerField(default=0, help_text='How often it was taken up since it became due.')),
                ('lease', models.UUIDField(default=uuid.uuid4, help_text='Fencing token of the worker that holds the row.')),
                ('leased_until', models.DateTimeField(null=True)),
                ('problem', models.TextField(blank=True)),
                ('remedy', models.TextField(blank=True)),
                ('problem_kind', models.CharField(blank=True, help_text='How the last attempt failed.', max_length=20)),
                ('store_waits_until', models.DateTimeField(help_text="How long the store's other rows wait because of this failure; blank: it is this row's own.", null=True)),
                ('parked_at', models.DateTimeField(help_text='When it was set aside for a person.', null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('kind', models.CharField(choices=[('ship', 'shipment'), ('cancel', 'cancellation'), ('back_order', 'back-order')], default='ship', max_length=10)),
                ('step', models.CharField(choices=[('new', 'not begun'), ('splitting', 'splitting lines'), ('creating', 'being created'), ('created', 'created'), ('updating', 'being marked'), ('verified', 'read back'), ('elsewhere', 'done elsewhere')], default='new', max_length=10)),
                ('everything', models.BooleanField(default=False, help_text='The message named no lines: all that are not shipped yet are meant.')),
                ('miva_id', models.BigIntegerField(blank=True, null=True, verbose_name='shipment in Miva')),
                ('reason', models.TextField(blank=True, help_text='Why it is cancelled, for Miva.')),
                ('closed_by', models.CharField(blank=True, help_text='Who marked it as done elsewhere, and why.', max_length=300)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shipments', to='orders.order')),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='stores.store')),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': (('decide_shipment', 'Can push shipments again, close them and apply messages again'), ('export_shipment', 'Can export shipments')),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ShipmentLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line_id', models.BigIntegerField(help_text="As Stone Edge knows it: Miva's line id at export.", verbose_name='line')),
                ('quantity', models.PositiveIntegerField()),
                ('miva_line_id', models.BigIntegerField(blank=True, help_text='The line that was split off for these units; blank: the line itself.', null=True, verbose_name='split off as')),
                ('lines_before', models.JSONField(default=list, help_text="The order's lines before the split: what is not among them is new.")),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='fulfillment.shipment')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='StatusUpdate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(blank=True, help_text='As Stone Edge names it.', max_length=200, verbose_name='status')),
                ('meaning', models.CharField(blank=True, help_text='How it was read; blank: the label is unknown.', max_length=12)),
                ('reference', models.CharField(blank=True, help_text="The order's number in Stone Edge.", max_length=60, verbose_name='Stone Edge number')),
                ('content', models.JSONField(help_text='The message about this order.')),
                ('effect', models.TextField(blank=True, help_text='What came of it, in words.')),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('repeated', models.PositiveIntegerField(default=0, help_text='How often it came again.')),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When it came last.')),
                ('desktop', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='status_updates', to='stores.desktop')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='status_updates', to='orders.order')),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='status_updates', to='stores.store')),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': (('export_statusupdate', 'Can export status updates'),),
                'indexes': [models.Index(fields=['store', '-id'], name='update_of_store'), models.Index(condition=models.Q(('meaning', '')), fields=['store'], name='update_unknown')],
            },
        ),
        migrations.AddField(
            model_name='shipment',
            name='update',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='shipments', to='fulfillment.statusupdate'),
        ),
        migrations.CreateModel(
            name='CarrierMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('carrier', models.CharField(help_text='As Stone Edge names it, e.g. FX.', max_length=100)),
                ('tracking_type', models.CharField(help_text='As Miva names it (Settings → Shipping → tracking link types), e.g. FedEx.', max_length=100)),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='carriers', to='stores.store')),
            ],
            options={
                'ordering': ['carrier'],
                'constraints': [models.UniqueConstraint(models.F('store'), django.db.models.functions.text.Lower('carrier'), name='carrier_of_store', violation_error_message='This store has a tracking type for this carrier already.')],
            },
        ),
        migrations.CreateModel(
            name='Package',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=255, verbose_name='tracking number')),
                ('key', models.CharField(help_text='The number without blanks, in upper case.', max_length=255)),
                ('ref', models.CharField(blank=True, help_text="Stone Edge's PackageID.", max_length=60, verbose_name='package')),
                ('carrier', models.CharField(blank=True, help_text='As Stone Edge names it.', max_length=100)),
                ('method', models.CharField(blank=True, max_length=100)),
                ('picked_up', models.CharField(blank=True, max_length=60)),
                ('earlier_numbers', models.JSONField(blank=True, default=list, help_text='The tracking numbers that this one has replaced, the oldest first.')),
                ('order', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='packages', to='orders.order')),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stores.store')),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='packages', to='fulfillment.shipment')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['key'], name='package_number', opclasses=['varchar_pattern_ops'])],
                'constraints': [models.UniqueConstraint(fields=('order', 'key'), name='package_of_order')],
            },
        ),
        migrations.CreateModel(
            name='StatusMeaning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(help_text='As it is named in Stone Edge; upper and lower case are alike.', max_length=200)),
                ('meaning', models.CharField(choices=[('shipped', 'Shipped'), ('partly', 'Partly shipped'), ('cancelled', 'Cancelled'), ('backordered', 'Back-ordered'), ('note', 'Note only: kept and shown, nothing is pushed'), ('ignore', 'Ignore')], help_text='What the portal does in Miva when this label comes.', max_length=12)),
                ('store', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='status_meanings', to='stores.store')),
            ],
            options={
                'ordering': ['label'],
                'constraints': [models.UniqueConstraint(models.F('store'), django.db.models.functions.text.Lower('label'), name='label_of_store', violation_error_message='This store has a meaning for this label already.')],
            },
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(condition=models.Q(('done_at', None), ('parked_at', None)), fields=['store', 'due_at'], name='shipment_open'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(condition=models.Q(('parked_at__isnull', False)), fields=['store'], name='shipment_parked'),
        ),
        migrations.AddConstraint(
            model_name='shipment',
            constraint=models.UniqueConstraint(condition=models.Q(('miva_id__isnull', False)), fields=('store', 'miva_id'), name='one_row_for_each_shipment'),
        ),
    ]
