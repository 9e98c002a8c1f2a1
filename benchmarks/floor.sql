-- The floor: what DuckDB alone takes to read an inbox of `benchmarks/portfolio.py` and write the lines of a month, without
-- a check, a trace or a report: each file read once, with its types, in one statement. The lines are those of `prefact
-- run` for a month before which nothing was validated, in which no rule holds anything and nobody corrected anything.
--
-- It knows the columns the portfolio's files have. What needs another one is not here: letters, indexation, budgets, rates
-- of a client file, free and minimum quantities, establishments named by a mission, computed quantities, proration, free
-- months, thresholds, offered and refunded units; nor are estimated readings, which need a rule that allows them.
--
-- Variables: inbox, month_start, control_date, target.

-- Calendar: always from the first boundary, so that a short month bends one date and not those after it.
create macro months_apart(a, b) as (year(b) - year(a)) * 12 + month(b) - month(a);
create macro month_of(day, months) as (date_trunc('month', day) + to_months(months::integer))::date;
create macro anchored(day, months, anchor) as
    least(month_of(day, months) + anchor::integer - 1, last_day(month_of(day, months)));
create macro floor_divide(n, d) as (n - ((n % d) + d) % d) // d;
create macro grid_step(base, day, months, anchor) as
    floor_divide(months_apart(base, day) - (day < anchored(day, 0, anchor))::integer, months);

-- Money: integers of 38 digits, rounded once, half away from zero.
create macro rounded(n, d) as sign(n) * ((2 * abs(n) + d) // (2 * d));
create macro price_units(price) as (price::decimal(38, 6) * 1000000)::hugeint;
create macro quantity_units(quantity) as (quantity::decimal(38, 4) * 10000)::hugeint;
create macro from_cents(cents) as (cents::decimal(20, 0) * 0.01)::decimal(18, 2);
create macro line_amount(quantity, price, discount_pct) as from_cents(rounded(
    quantity_units(quantity) * price_units(price) * (1000000 - quantity_units(coalesce(discount_pct, 0))), 100000000000000
));
create macro minutes_amount(minutes, price) as from_cents(rounded(minutes::hugeint * price_units(price), 600000));
create macro minutes_hours(minutes) as (rounded(minutes::hugeint * 10000, 60)::decimal(20, 0) * 0.0001)::decimal(18, 4);

-- A file of the inbox, and every file of an event table.
create macro table_file(name) as getvariable('inbox') || '/' || name || '.csv';
create macro event_files(name) as getvariable('inbox') || '/events/' || name || '_*.csv';

set preserve_insertion_order = false;

copy (
    with run_context as (

        select
            getvariable('month_start') as month_start,
            last_day(getvariable('month_start')) as month_end,
            getvariable('control_date') as control_date,
            strftime(getvariable('month_start'), '%Y-%m') as month,

    ),

    -- The firm.

    client as (

        select client_id
        from read_csv(table_file('client'), auto_detect = false, header = true, columns = {
            'client_id': 'varchar', 'legal_name': 'varchar', 'siren': 'varchar', 'vat_number': 'varchar',
            'einvoice_address': 'varchar', 'address': 'varchar', 'postal_code': 'varchar', 'city': 'varchar',
            'country': 'varchar', 'payment_terms_days': 'integer', 'status': 'varchar'
        })

    ),

    client_file as (

        select client_file_id, client_id
        from read_csv(table_file('client_file'), auto_detect = false, header = true, columns = {
            'client_file_id': 'varchar', 'client_id': 'varchar', 'label': 'varchar', 'status': 'varchar',
            'opened_on': 'timestamp'
        })
        semi join client using (client_id)

    ),

    fiscal_year as (

        select client_file_id, fy_label, start_date, end_date
        from read_csv(table_file('fiscal_year'), auto_detect = false, header = true, columns = {
            'client_file_id': 'varchar', 'fy_label': 'varchar', 'start_date': 'date', 'end_date': 'date',
            'status': 'varchar'
        })

    ),

    service as (

        select service_code, label, unit, vat_code, coalesce(tier_mode, 'GRADUATED') as tier_mode
        from read_csv(table_file('service'), auto_detect = false, header = true, columns = {
            'service_code': 'varchar', 'label': 'varchar', 'unit': 'varchar', 'vat_code': 'varchar',
            'tier_mode': 'varchar'
        })

    ),

    listed_mission as (

        select
            *,
            -- An express renewal nobody replaced goes on, as a tacit one does.
            renewal = 'TACIT' or end_date is null
            or (
                renewal = 'EXPRESS'
                and max(start_date) over (partition by client_file_id, mission_code) <= end_date
            ) as goes_on,
        from read_csv(table_file('mission'), auto_detect = false, header = true, columns = {
            'mission_id': 'varchar', 'client_file_id': 'varchar', 'mission_code': 'varchar', 'label': 'varchar',
            'vintage': 'integer', 'fy_label': 'varchar', 'billing_mode': 'varchar', 'term': 'varchar',
            'service_code': 'varchar', 'start_date': 'date', 'end_date': 'date', 'last_time_entry_date': 'date',
            'budget_policy': 'varchar', 'renewal': 'varchar', 'status': 'varchar'
        })

    ),

    mission as (

        select mission.*, client_file.client_id
        from listed_mission as mission
        inner join client_file using (client_file_id)
        semi join fiscal_year using (client_file_id, fy_label)

    ),

    -- Flat missions.

    flat_item as (

        select
            'FLAT|' || line.plan_id || '|' || line.line_no as line_key,
            client_file.client_id,
            plan.client_file_id,
            plan.fy_label,
            plan.mission_id,
            null as contract_id,
            null as rule_id,
            'FLAT' as billing_mode,
            mission.service_code,
            mission.label,
            line.period_start,
            line.period_end,
            line.due_date,
            1::decimal(18, 4) as quantity,
            line.amount::decimal(18, 6) as unit_price,
            null::decimal(9, 4) as discount_pct,
            line.amount as amount_net,
            'billing_plan_line ' || line.plan_id || '|' || line.line_no as source_ref,
        from read_csv(table_file('billing_plan_line'), auto_detect = false, header = true, columns = {
            'plan_id': 'varchar', 'line_no': 'integer', 'due_date': 'date', 'period_start': 'date',
            'period_end': 'date', 'amount': 'decimal(18, 2)'
        }) as line
        inner join read_csv(table_file('billing_plan'), auto_detect = false, header = true, columns = {
            'plan_id': 'varchar', 'client_file_id': 'varchar', 'fy_label': 'varchar', 'mission_id': 'varchar',
            'total_amount': 'decimal(18, 2)', 'status': 'varchar'
        }) as plan
            on line.plan_id = plan.plan_id and coalesce(plan.status, 'ACTIVE') = 'ACTIVE'
        inner join client_file
            on plan.client_file_id = client_file.client_file_id
        inner join mission
            on plan.mission_id = mission.mission_id
        where line.due_date between getvariable('month_start') and last_day(getvariable('month_start'))

    ),

    -- Work by the hour. The price is found once for each collaborator and day of the month.

    collaborator_day as (

        select
            collaborator_id,
            grade,
            unnest(range(day(last_day(getvariable('month_start'))))::integer[]) + getvariable('month_start') as work_date,
        from read_csv(table_file('collaborator'), auto_detect = false, header = true, columns = {
            'collaborator_id': 'varchar', 'name': 'varchar', 'grade': 'varchar', 'entry_date': 'timestamp'
        })

    ),

    rate as (

        select collaborator_id, grade, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to, hourly_price
        from read_csv(table_file('selling_rate'), auto_detect = false, header = true, columns = {
            'collaborator_id': 'varchar', 'grade': 'varchar', 'valid_from': 'date', 'valid_to': 'date',
            'hourly_price': 'decimal(18, 6)'
        })

    ),

    priced_day as (

        -- The collaborator's own price before the grade's, of each the latest in force.
        select
            collaborator_id,
            work_date,
            coalesce(
                arg_max(hourly_price, valid_from) filter (where is_own), arg_max(hourly_price, valid_from)
            ) as hourly_price,
        from (
            select day.collaborator_id, day.work_date, true as is_own, rate.valid_from, rate.hourly_price
            from collaborator_day as day
            inner join rate
                on
                    day.collaborator_id = rate.collaborator_id
                    and day.work_date between rate.valid_from and rate.valid_to
            union all
            select day.collaborator_id, day.work_date, false, rate.valid_from, rate.hourly_price
            from collaborator_day as day
            inner join rate
                on
                    day.grade = rate.grade
                    and rate.collaborator_id is null
                    and day.work_date between rate.valid_from and rate.valid_to
        )
        group by all

    ),

    time_line as (

        select
            entry.mission_id,
            entry.collaborator_id,
            priced_day.hourly_price,
            sum(entry.minutes)::bigint as minutes,
        from read_csv(event_files('time_entry'), auto_detect = false, header = true, columns = {
            'source': 'varchar', 'source_id': 'varchar', 'collaborator_id': 'varchar', 'mission_id': 'varchar',
            'work_date': 'date', 'minutes': 'bigint', 'billable': 'boolean', 'approved': 'boolean',
            'description': 'varchar'
        }) as entry
        inner join priced_day
            on entry.collaborator_id = priced_day.collaborator_id and entry.work_date = priced_day.work_date
        where
            entry.work_date between getvariable('month_start') and last_day(getvariable('month_start'))
            and coalesce(entry.billable, true)
            and coalesce(entry.approved, true)
        group by all

    ),

    time_item as (

        select
            'TIME|' || line.mission_id || '|' || line.collaborator_id || '|' || line.hourly_price || '|'
            || run_context.month as line_key,
            mission.client_id,
            mission.client_file_id,
            mission.fy_label,
            line.mission_id,
            null as contract_id,
            null as rule_id,
            'TIME' as billing_mode,
            mission.service_code,
            mission.label,
            run_context.month_start as period_start,
            run_context.month_end as period_end,
            run_context.month_end as due_date,
            minutes_hours(line.minutes) as quantity,
            line.hourly_price as unit_price,
            null::decimal(9, 4) as discount_pct,
            minutes_amount(line.minutes, line.hourly_price) as amount_net,
            'time_entry ' || line.collaborator_id as source_ref,
        from time_line as line
        cross join run_context
        inner join mission
            on line.mission_id = mission.mission_id and mission.billing_mode = 'TIME'

    ),

    -- Units of payroll, and services on demand that nobody typed a price for: by client price, else by tiers.

    metric as (

        select
            binding.mission_id,
            coalesce(binding.service_code, mission.service_code) as service_code,
            metric.month,
            metric.quantity,
        from read_csv(event_files('payroll_metric'), auto_detect = false, header = true, columns = {
            'siret': 'varchar', 'month': 'varchar', 'metric_code': 'varchar', 'method': 'varchar',
            'quantity': 'decimal(18, 4)', 'final': 'boolean', 'manual': 'boolean', 'complete': 'boolean'
        }) as metric
        inner join read_csv(table_file('establishment'), auto_detect = false, header = true, columns = {
            'siret': 'varchar', 'client_file_id': 'varchar', 'label': 'varchar'
        }) as establishment
            on metric.siret = establishment.siret
        inner join mission
            on establishment.client_file_id = mission.client_file_id
        inner join read_csv(table_file('metric_binding'), auto_detect = false, header = true, columns = {
            'mission_id': 'varchar', 'metric_code': 'varchar', 'service_code': 'varchar', 'method': 'varchar',
            'auto': 'boolean'
        }) as binding
            on mission.mission_id = binding.mission_id and metric.metric_code = binding.metric_code
        where
            metric.month = strftime(getvariable('month_start'), '%Y-%m')
            and coalesce(mission.status, 'OPEN') = 'OPEN'
            and mission.start_date <= last_day(getvariable('month_start'))
            and (mission.goes_on or mission.end_date >= getvariable('month_start'))
            and (metric.method is null or metric.method = coalesce(binding.method, 'PER_PAYMENT'))
            and (coalesce(binding.auto, true) or coalesce(metric.manual, true))
        -- What a person typed comes before the feed, a row of the method asked for before one that names none.
        qualify row_number() over (
            partition by metric.siret, metric.metric_code, binding.mission_id
            order by coalesce(metric.manual, true) desc, metric.method is null
        ) = 1

    ),

    adhoc as (

        select adhoc_id, client_file_id, service_code, service_date, quantity, unit_price, label
        from read_csv(event_files('adhoc_service'), auto_detect = false, header = true, columns = {
            'adhoc_id': 'varchar', 'client_file_id': 'varchar', 'service_code': 'varchar', 'service_date': 'date',
            'quantity': 'decimal(18, 4)', 'unit_price': 'decimal(18, 6)', 'label': 'varchar', 'author': 'varchar'
        })
        where service_date between getvariable('month_start') and last_day(getvariable('month_start'))

    ),

    sale as (

        select
            'UNIT|' || metric.mission_id || '|' || metric.service_code || '|' || metric.month as sale_key,
            mission.client_file_id,
            metric.service_code,
            getvariable('month_start') as price_date,
            sum(metric.quantity)::decimal(18, 4) as quantity,
            metric.mission_id,
        from metric
        inner join mission using (mission_id)
        group by all

        union all

        select 'ADHOC|' || adhoc_id, client_file_id, service_code, service_date, quantity, null
        from adhoc
        where unit_price is null

    ),

    client_price as (

        select
            sale.sale_key,
            arg_max({'unit_price': price.unit_price, 'discount_pct': price.discount_pct}, price.valid_from) as term,
        from read_csv(table_file('client_price'), auto_detect = false, header = true, columns = {
            'client_file_id': 'varchar', 'service_code': 'varchar', 'valid_from': 'timestamp',
            'unit_price': 'decimal(18, 6)', 'discount_pct': 'decimal(9, 4)'
        }) as price
        inner join sale
            on
                price.client_file_id = sale.client_file_id
                and price.service_code = sale.service_code
                and price.valid_from <= sale.price_date
        group by sale.sale_key

    ),

    price_list as (

        -- The latest list in force on each day that something is priced: all tiers of one valid_from.
        select
            day.service_code,
            day.price_date,
            price.up_to,
            price.unit_price,
            rank() over (partition by day.service_code, day.price_date order by price.valid_from desc) as recency,
        from (select distinct service_code, price_date from sale) as day
        inner join read_csv(table_file('price'), auto_detect = false, header = true, columns = {
            'service_code': 'varchar', 'valid_from': 'date', 'up_to': 'decimal(18, 4)', 'valid_to': 'date',
            'unit_price': 'decimal(18, 6)'
        }) as price
            on
                day.service_code = price.service_code
                and day.price_date between price.valid_from and coalesce(price.valid_to, date '9999-12-31')

    ),

    tier as (

        select
            service_code,
            price_date,
            row_number() over tiers as tier_no,
            coalesce(lag(up_to) over tiers, 0) as lower_bound,
            up_to,
            unit_price,
        from price_list
        where recency = 1
        window tiers as (partition by service_code, price_date order by up_to nulls last)

    ),

    sold as (

        select
            sale.*,
            coalesce(tier.tier_no, 1) as tier_no,
            coalesce(client_price.term.unit_price, tier.unit_price) as unit_price,
            client_price.term.discount_pct as discount_pct,
            case
                -- A price of the client's own has no tiers.
                when client_price.term.unit_price is not null then sale.quantity
                when service.tier_mode = 'VOLUME' then
                    case
                        when sale.quantity <= 0 and tier.tier_no = 1 then sale.quantity
                        when sale.quantity > tier.lower_bound and sale.quantity <= coalesce(tier.up_to, sale.quantity)
                            then sale.quantity
                        else 0
                    end
                when tier.tier_no = 1 then least(sale.quantity, tier.up_to)
                else greatest(least(sale.quantity, tier.up_to) - tier.lower_bound, 0)
            end as tier_quantity,
        from sale
        inner join service using (service_code)
        left join client_price
            on sale.sale_key = client_price.sale_key
        left join tier
            on
                sale.service_code = tier.service_code
                and sale.price_date = tier.price_date
                and client_price.term.unit_price is null
        -- An explicit zero is a line of 0.00.
        where tier_quantity <> 0 or (tier_no = 1 and sale.quantity = 0)

    ),

    unit_item as (

        select
            sold.sale_key || '|' || sold.tier_no as line_key,
            mission.client_id,
            mission.client_file_id,
            mission.fy_label,
            sold.mission_id,
            null as contract_id,
            null as rule_id,
            'UNIT' as billing_mode,
            sold.service_code,
            service.label,
            run_context.month_start as period_start,
            run_context.month_end as period_end,
            run_context.month_end as due_date,
            sold.tier_quantity as quantity,
            sold.unit_price,
            sold.discount_pct,
            line_amount(sold.tier_quantity, sold.unit_price, sold.discount_pct) as amount_net,
            'payroll_metric ' || run_context.month as source_ref,
        from sold
        cross join run_context
        inner join mission using (mission_id)
        inner join service
            on sold.service_code = service.service_code

    ),

    adhoc_priced as (

        select adhoc_id, 1 as tier_no, quantity, unit_price, null::decimal(9, 4) as discount_pct
        from adhoc
        where unit_price is not null
        union all
        select substr(sale_key, 7), tier_no, tier_quantity, unit_price, discount_pct
        from sold
        where mission_id is null

    ),

    adhoc_year as (

        select adhoc.adhoc_id, min(fiscal_year.fy_label) as fy_label
        from adhoc
        inner join fiscal_year
            on
                adhoc.client_file_id = fiscal_year.client_file_id
                and adhoc.service_date between fiscal_year.start_date and fiscal_year.end_date
        group by adhoc.adhoc_id

    ),

    adhoc_item as (

        select
            'ADHOC|' || adhoc.adhoc_id || '|' || priced.tier_no as line_key,
            client_file.client_id,
            adhoc.client_file_id,
            adhoc_year.fy_label,
            null as mission_id,
            null as contract_id,
            null as rule_id,
            'ADHOC' as billing_mode,
            adhoc.service_code,
            coalesce(adhoc.label, service.label) as label,
            adhoc.service_date as period_start,
            adhoc.service_date as period_end,
            adhoc.service_date as due_date,
            priced.quantity,
            priced.unit_price,
            priced.discount_pct,
            line_amount(priced.quantity, priced.unit_price, priced.discount_pct) as amount_net,
            'adhoc_service ' || adhoc.adhoc_id as source_ref,
        from adhoc
        inner join adhoc_priced as priced using (adhoc_id)
        inner join client_file
            on adhoc.client_file_id = client_file.client_file_id
        inner join service
            on adhoc.service_code = service.service_code
        left join adhoc_year
            on adhoc.adhoc_id = adhoc_year.adhoc_id

    ),

    -- Service contracts.

    rule as (

        select
            rule.rule_id,
            rule.type,
            rule.service_code,
            case when rule.type = 'CONSUMED_UNITS' then 'ARREARS' else coalesce(rule.term, 'ADVANCE') end as term,
            rule.period_months,
            rule.amount,
            rule.unit_price,
            coalesce(rule.included_units, 0) as included_units,
            rule.last_invoice_date,
            rule.next_invoice_date,
            rule.true_up_period_start,
            rule.last_true_up_date,
            rule.next_true_up_date,
            contract.contract_id,
            contract.client_id,
            contract.start_date as contract_start,
            coalesce(rule.period_start, contract.start_date) as grid_start,
            coalesce(rule.anchor_day, day(coalesce(rule.period_start, contract.start_date))) as invoice_day,
        from read_csv(table_file('billing_rule'), auto_detect = false, header = true, columns = {
            'rule_id': 'varchar', 'module_id': 'varchar', 'type': 'varchar', 'service_code': 'varchar',
            'term': 'varchar', 'period_months': 'integer', 'anchor_day': 'integer', 'period_start': 'date',
            'last_invoice_date': 'date', 'next_invoice_date': 'date', 'amount': 'decimal(18, 2)',
            'unit_price': 'decimal(18, 6)', 'included_units': 'decimal(18, 4)',
            'accumulated_units': 'decimal(18, 4)', 'reading_mode': 'varchar', 'true_up_months': 'integer',
            'true_up_day': 'integer', 'true_up_period_start': 'date', 'last_true_up_date': 'date',
            'next_true_up_date': 'date', 'status': 'varchar'
        }) as rule
        inner join read_csv(table_file('contract_module'), auto_detect = false, header = true, columns = {
            'module_id': 'varchar', 'contract_id': 'varchar', 'valid_from': 'date', 'renewal': 'varchar'
        }) as module
            on rule.module_id = module.module_id
        inner join read_csv(table_file('service_contract'), auto_detect = false, header = true, columns = {
            'contract_id': 'varchar', 'client_id': 'varchar', 'start_date': 'date', 'status': 'varchar'
        }) as contract
            on module.contract_id = contract.contract_id
        semi join client
            on contract.client_id = client.client_id
        where coalesce(rule.status, 'ACTIVE') = 'ACTIVE' and coalesce(contract.status, 'ACTIVE') = 'ACTIVE'

    ),

    numbered as (

        -- The period before the first one due is the earliest that can matter.
        select
            *,
            unnest(generate_series(
                grid_step(
                    grid_start,
                    greatest(
                        grid_start,
                        contract_start,
                        (next_invoice_date + to_months(-1 - period_months))::date
                    ),
                    period_months,
                    invoice_day
                ),
                grid_step(grid_start, getvariable('control_date'), period_months, invoice_day)
            )) as step,
        from rule
        where next_invoice_date <= getvariable('control_date')

    ),

    period as (

        select
            *,
            case term when 'ADVANCE' then period_start else period_end + 1 end as invoice_date,
        from (
            select
                *,
                greatest(
                    anchored(grid_start, step * period_months, invoice_day), grid_start, contract_start
                ) as period_start,
                anchored(grid_start, (step + 1) * period_months, invoice_day) - 1 as period_end,
            from numbered
        )
        where
            period_start <= period_end
            and invoice_date between next_invoice_date and getvariable('control_date')

    ),

    billed_fee as (

        select rule_id, period_start, period_end, included_units, amount, invoice_ref, below_threshold, regularised_on
        from read_csv(table_file('flat_fee_history'), auto_detect = false, header = true, columns = {
            'rule_id': 'varchar', 'period_start': 'date', 'period_end': 'date', 'included_units': 'decimal(18, 4)',
            'amount': 'decimal(18, 2)', 'invoice_ref': 'varchar', 'below_threshold': 'boolean',
            'regularised_on': 'date'
        })

    ),

    fee as (

        select
            contract_id,
            client_id,
            rule_id,
            type,
            service_code,
            term,
            period_start,
            period_end,
            invoice_date,
            amount,
            included_units,
            'billing_rule ' || rule_id as source_ref,
        from period
        anti join billed_fee using (rule_id, period_start)
        where type in ('FLAT_AMOUNT', 'FLAT_WITH_TRUE_UP')

        union all

        -- Recorded below the threshold of its contract, and never invoiced.
        select
            rule.contract_id,
            rule.client_id,
            rule.rule_id,
            rule.type,
            rule.service_code,
            'RECORDED',
            billed_fee.period_start,
            billed_fee.period_end,
            case rule.term when 'ADVANCE' then billed_fee.period_start else billed_fee.period_end + 1 end,
            coalesce(billed_fee.amount, rule.amount),
            billed_fee.included_units,
            'flat_fee_history ' || rule.rule_id || '|' || billed_fee.period_start,
        from billed_fee
        inner join rule
            on billed_fee.rule_id = rule.rule_id and rule.type in ('FLAT_AMOUNT', 'FLAT_WITH_TRUE_UP')
        where billed_fee.below_threshold and nullif(trim(billed_fee.invoice_ref), '') is null

    ),

    metered as (

        -- True-ups and consumptions due: what they settle, and the readings they take in.
        select
            contract_id,
            client_id,
            rule_id,
            service_code,
            unit_price,
            'TRUE_UP' as billing_mode,
            next_true_up_date as due_date,
            coalesce(true_up_period_start, last_true_up_date, grid_start) as period_start,
            case
                when next_true_up_date >= getvariable('month_start') then next_true_up_date
                else getvariable('control_date')
            end - 1 as period_end,
            date '0001-01-01' as read_after,
            getvariable('control_date') as read_until,
            last_true_up_date as billed_through,
        from rule
        where type = 'FLAT_WITH_TRUE_UP' and next_true_up_date <= getvariable('control_date')

        union all

        -- What was missed is billed period by period, the last up to now.
        select
            contract_id,
            client_id,
            rule_id,
            service_code,
            unit_price,
            'CONSUMED',
            invoice_date,
            period_start,
            period_end,
            lag(invoice_date, 1, date '0001-01-01') over periods,
            case
                when lead(invoice_date) over periods is null then getvariable('control_date')
                else invoice_date
            end,
            last_invoice_date,
        from period
        where type = 'CONSUMED_UNITS'
        window periods as (partition by rule_id order by invoice_date)

    ),

    counter as (

        select distinct
            metered.rule_id,
            metered.billed_through,
            quantity.quantity_id,
            coalesce(quantity.cumulative, true) as is_cumulative,
        from metered
        inner join read_csv(table_file('rule_quantity'), auto_detect = false, header = true, columns = {
            'rule_id': 'varchar', 'quantity_id': 'varchar'
        }) as attached
            on metered.rule_id = attached.rule_id
        inner join read_csv(table_file('quantity'), auto_detect = false, header = true, columns = {
            'quantity_id': 'varchar', 'asset_id': 'varchar', 'predefined_code': 'varchar', 'kind': 'varchar',
            'cumulative': 'boolean', 'unit': 'varchar', 'created_on': 'date'
        }) as quantity
            on attached.quantity_id = quantity.quantity_id and quantity.kind = 'TECHNICAL'
        semi join read_csv(table_file('asset'), auto_detect = false, header = true, columns = {
            'asset_id': 'varchar', 'contract_id': 'varchar', 'serial_no': 'varchar', 'model': 'varchar',
            'installed_on': 'date'
        }) as asset
            on quantity.asset_id = asset.asset_id

    ),

    reading as (

        -- On one day the old device ends before the new one begins.
        select
            counter.rule_id,
            counter.quantity_id,
            counter.is_cumulative,
            reading.origin,
            reading.value,
            reading.reading_date,
            reading.reading_date::timestamp + to_hours(
                case reading.origin when 'REMOVAL' then 1 when 'INSTALLATION' then 2 else 3 end
            ) as place,
            reading.reading_date <= counter.billed_through as is_billed,
        from counter
        inner join read_csv(event_files('meter_reading'), auto_detect = false, header = true, columns = {
            'quantity_id': 'varchar', 'reading_date': 'date', 'origin': 'varchar', 'value': 'decimal(18, 4)'
        }) as reading
            on counter.quantity_id = reading.quantity_id
        where reading.reading_date <= getvariable('control_date') and reading.origin <> 'ESTIMATE'

    ),

    opening as (

        -- Where a counter begins: the last reading by the last invoice or true-up, else its installation.
        select
            rule_id,
            quantity_id,
            coalesce(
                max(case when is_billed then place end), min(case when origin = 'INSTALLATION' then place end)
            ) as place,
        from reading
        group by rule_id, quantity_id

    ),

    step as (

        select
            reading.rule_id,
            reading.reading_date,
            case
                when not reading.is_cumulative then if(reading.origin = 'INSTALLATION', 0, reading.value)
                when reading.origin = 'INSTALLATION' then 0
                when lag(reading.origin) over places = 'ROLLOVER' then reading.value
                else reading.value - lag(reading.value) over places
            end as units,
            reading.place > opening.place as is_after,
        from reading
        inner join opening
            on
                reading.rule_id = opening.rule_id
                and reading.quantity_id = opening.quantity_id
                and reading.place >= opening.place
        window places as (partition by reading.rule_id, reading.quantity_id order by reading.place, reading.origin)

    ),

    consumed as (

        select metered.rule_id, metered.due_date, sum(step.units) as units
        from metered
        inner join step
            on
                metered.rule_id = step.rule_id
                and step.is_after
                and step.reading_date > metered.read_after
                and step.reading_date <= metered.read_until
        group by all

    ),

    settled as (

        -- The flat fees a true-up takes off: those over by the control date that none has settled. In arrears, what
        -- falls due with it counts.
        select rule_id, sum(included_units) as units
        from (
            select rule_id, period_end, included_units from billed_fee where regularised_on is null
            union all
            select rule_id, period_end, included_units from fee where term = 'ARREARS'
        )
        semi join metered using (rule_id)
        where period_end < getvariable('control_date')
        group by rule_id

    ),

    net as (

        -- Nothing is refunded: what one period would take back is taken off those after it.
        select
            *,
            greatest(max(units_so_far) over periods, 0) as billed_so_far,
        from (
            select
                metered.*,
                sum(
                    coalesce(consumed.units, 0)
                    - case metered.billing_mode when 'TRUE_UP' then coalesce(settled.units, 0) else 0 end
                ) over periods as units_so_far,
            from metered
            left join consumed
                on metered.rule_id = consumed.rule_id and metered.due_date = consumed.due_date
            left join settled
                on metered.rule_id = settled.rule_id
            window periods as (
                partition by metered.rule_id order by metered.due_date
                rows between unbounded preceding and current row
            )
        )
        window periods as (
            partition by rule_id order by due_date rows between unbounded preceding and current row
        )

    ),

    contract_due as (

        select
            'FEE|' || rule_id || '|' || period_start as line_key,
            client_id,
            contract_id,
            rule_id,
            'CONTRACT_FLAT' as billing_mode,
            service_code,
            period_start,
            period_end,
            invoice_date as due_date,
            1::decimal(18, 4) as quantity,
            amount::decimal(18, 6) as unit_price,
            amount as amount_net,
            source_ref,
        from fee

        union all

        select
            *,
            line_amount(quantity, unit_price, null),
            'billing_rule ' || rule_id,
        from (
            select
                case billing_mode
                    when 'TRUE_UP' then 'TRUEUP|' || rule_id || '|' || due_date
                    else 'USE|' || rule_id || '|' || period_start
                end,
                client_id,
                contract_id,
                rule_id,
                billing_mode,
                service_code,
                period_start,
                period_end,
                due_date,
                (
                    billed_so_far
                    - coalesce(lag(billed_so_far) over (partition by rule_id order by due_date), 0)
                )::decimal(18, 4) as quantity,
                unit_price,
            from net
        )

    ),

    item as (

        select * from flat_item
        union all
        select * from time_item
        union all
        select * from unit_item
        union all
        select * from adhoc_item
        union all
        select
            due.line_key,
            due.client_id,
            null,
            null,
            null,
            due.contract_id,
            due.rule_id,
            due.billing_mode,
            due.service_code,
            service.label,
            due.period_start,
            due.period_end,
            due.due_date,
            due.quantity,
            due.unit_price,
            null,
            due.amount_net,
            due.source_ref,
        from contract_due as due
        inner join service using (service_code)

    ),

    vat_due as (

        select
            day.service_code,
            day.due_date,
            max(service.unit) as unit,
            max(service.vat_code) as vat_code,
            arg_max(vat_rate.rate, vat_rate.valid_from) as rate,
        from (select distinct service_code, due_date from item) as day
        inner join service using (service_code)
        inner join read_csv(table_file('vat_rate'), auto_detect = false, header = true, columns = {
            'vat_code': 'varchar', 'valid_from': 'date', 'rate': 'decimal(9, 4)', 'category': 'varchar'
        }) as vat_rate
            on service.vat_code = vat_rate.vat_code and vat_rate.valid_from <= day.due_date
        group by all

    )

    select
        run_context.month,
        item.line_key,
        item.client_id,
        item.client_file_id,
        item.fy_label,
        item.mission_id,
        item.contract_id,
        item.rule_id,
        item.billing_mode,
        item.service_code,
        item.label,
        item.period_start,
        item.period_end,
        item.due_date,
        strftime(item.due_date, '%Y-%m') as origin_month,
        item.quantity::decimal(18, 4) as quantity,
        vat_due.unit,
        item.unit_price::decimal(18, 6) as unit_price,
        item.discount_pct::decimal(9, 4) as discount_pct,
        item.amount_net,
        vat_due.vat_code,
        vat_due.rate as vat_rate,
        'READY' as status,
        null::varchar as held_by,
        null::varchar as adjusts_line_key,
        item.source_ref,
    from item
    cross join run_context
    inner join vat_due
        on item.service_code = vat_due.service_code and item.due_date = vat_due.due_date
    -- One month, and no key twice: the order of all columns.
    order by item.line_key
) to (getvariable('target')) (format parquet, compression zstd);
