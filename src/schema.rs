// @generated automatically by Diesel CLI.

diesel::table! {
    aliases (id) {
        id -> Int8,
        kind -> Text,
        from_key -> Text,
        to_key -> Text,
        from_text -> Text,
        to_text -> Text,
        created_by -> Int8,
        created_at -> Timestamptz,
        revoked_by -> Nullable<Int8>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    app_secrets (merchant_id, app_id, id) {
        merchant_id -> Int8,
        app_id -> Int8,
        id -> Int8,
        sealed -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    apps (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        app_key -> Text,
        name -> Text,
        channel -> Text,
        sandbox -> Bool,
        scopes -> Array<Nullable<Text>>,
        shops -> Nullable<Array<Nullable<Int8>>>,
        ip_allow -> Array<Nullable<Text>>,
        always_200 -> Bool,
        language -> Text,
        rate_per_minute -> Int4,
        expires_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        created_by -> Nullable<Int8>,
        created_at -> Timestamptz,
        ack_mode -> Text,
    }
}

diesel::table! {
    audit_decisions (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        product_id -> Int8,
        at -> Timestamptz,
        decision -> Text,
        reviewer_id -> Nullable<Int8>,
        base_product_id -> Nullable<Int8>,
        reason -> Nullable<Text>,
        note -> Nullable<Text>,
        snapshot -> Jsonb,
        undoes -> Nullable<Int8>,
        seconds -> Nullable<Int4>,
    }
}

diesel::table! {
    audit_items (merchant_id, product_id) {
        merchant_id -> Int8,
        product_id -> Int8,
        state -> Text,
        submitted_at -> Timestamptz,
        ask -> Text,
        score -> Nullable<Int2>,
        candidates -> Jsonb,
        leased_by -> Nullable<Int8>,
        leased_until -> Nullable<Timestamptz>,
        version -> Int4,
    }
}

diesel::table! {
    audit_skips (reviewer_id, merchant_id, product_id) {
        reviewer_id -> Int8,
        merchant_id -> Int8,
        product_id -> Int8,
        at -> Timestamptz,
    }
}

diesel::table! {
    base_barcodes (gtin, base_id) {
        gtin -> Text,
        base_id -> Int8,
        barcode -> Text,
        carton -> Bool,
    }
}

diesel::table! {
    base_products (id) {
        id -> Int8,
        code -> Text,
        name -> Text,
        trade_name -> Text,
        spec -> Text,
        dosage_form -> Text,
        unit -> Text,
        manufacturer -> Text,
        brand -> Text,
        approval_no -> Text,
        category_merchant -> Int8,
        #[max_length = 20]
        category_id -> Nullable<Varchar>,
        origin -> Text,
        name_key -> Text,
        spec_key -> Text,
        maker_key -> Text,
        approval_key -> Text,
        grams -> Array<Nullable<Text>>,
        status -> Text,
        merged_into -> Nullable<Int8>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    block_list (id) {
        id -> Int8,
        kind -> Text,
        key -> Text,
        text -> Text,
        reason -> Text,
        created_by -> Int8,
        created_at -> Timestamptz,
        lifted_by -> Nullable<Int8>,
        lifted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    buckets (name) {
        name -> Text,
        window_start -> Timestamptz,
        used -> Int4,
    }
}

diesel::table! {
    call_minutes (merchant_id, minute, module, slot) {
        merchant_id -> Int8,
        minute -> Timestamptz,
        module -> Text,
        slot -> Int2,
        calls -> Int4,
        failed -> Int4,
        lines -> Int8,
        slow -> Array<Nullable<Int4>>,
    }
}

diesel::table! {
    calls (merchant_id, at, id) {
        merchant_id -> Int8,
        at -> Timestamptz,
        id -> Uuid,
        app_id -> Nullable<Int8>,
        channel -> Text,
        method -> Text,
        module -> Text,
        status -> Int4,
        ms -> Int4,
        ip -> Nullable<Text>,
        feed_id -> Nullable<Int8>,
        total -> Int4,
        applied -> Int4,
        unchanged -> Int4,
        held -> Int4,
        stale -> Int4,
        parked -> Int4,
        rejected -> Int4,
        problem -> Nullable<Text>,
        request -> Text,
        response -> Text,
        request_bytes -> Int4,
        response_bytes -> Int4,
    }
}

diesel::table! {
    carriers (code) {
        code -> Text,
        name -> Text,
        aliases -> Text,
        website -> Text,
        phone -> Text,
        active -> Bool,
    }
}

diesel::table! {
    categories (merchant_id, id) {
        merchant_id -> Int8,
        #[max_length = 20]
        id -> Varchar,
        name -> Text,
        level -> Int2,
        #[max_length = 20]
        parent_id -> Varchar,
        path -> Text,
        enabled -> Bool,
        allowed -> Bool,
        erp_created_at -> Nullable<Timestamptz>,
        erp_updated_at -> Nullable<Timestamptz>,
        source_time -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    code_maps (merchant_id, kind, theirs) {
        merchant_id -> Int8,
        kind -> Text,
        theirs -> Text,
        ours -> Text,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    customer_group_members (merchant_id, customer_id, group_id) {
        merchant_id -> Int8,
        customer_id -> Int8,
        group_id -> Int8,
    }
}

diesel::table! {
    customer_groups (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        #[max_length = 20]
        code -> Varchar,
        #[max_length = 60]
        name -> Varchar,
        level -> Int2,
        priority -> Int4,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    customer_rules (merchant_id) {
        merchant_id -> Int8,
        scheme -> Text,
    }
}

diesel::table! {
    customers (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        #[max_length = 64]
        customer_id -> Varchar,
        name -> Text,
        kind -> Text,
        uscc -> Text,
        uscc_ok -> Bool,
        region_code -> Nullable<Text>,
        contact -> Text,
        phone -> Text,
        address -> Text,
        licences -> Jsonb,
        name_key -> Text,
        grams -> Array<Nullable<Text>>,
        match_kind -> Text,
        hands_off -> Bool,
        #[max_length = 50]
        erp_code -> Nullable<Varchar>,
        matched_at -> Nullable<Timestamptz>,
        matched_by -> Nullable<Text>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    dismissals (merchant_id, method, problem, code) {
        merchant_id -> Int8,
        method -> Text,
        problem -> Text,
        code -> Text,
        at -> Timestamptz,
        by_name -> Text,
        reason -> Text,
    }
}

diesel::table! {
    erp_customers (merchant_id, code) {
        merchant_id -> Int8,
        #[max_length = 50]
        code -> Varchar,
        name -> Text,
        uscc -> Text,
        uscc_ok -> Bool,
        region_code -> Nullable<Text>,
        contact -> Text,
        phone -> Text,
        address -> Text,
        enabled -> Bool,
        name_key -> Text,
        grams -> Array<Nullable<Text>>,
        source_time -> Nullable<Timestamptz>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    erp_statuses (merchant_id, code) {
        merchant_id -> Int8,
        #[max_length = 60]
        code -> Varchar,
        sentence -> Text,
        means -> Text,
        visible -> Bool,
    }
}

diesel::table! {
    exceptions (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        module -> Text,
        product_id -> Int8,
        sku_id -> Nullable<Int8>,
        shop_id -> Nullable<Int8>,
        field -> Text,
        reason -> Text,
        by_user -> Nullable<Int8>,
        by_name -> Text,
        since -> Timestamptz,
        until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    external_ids (merchant_id, ext_id) {
        merchant_id -> Int8,
        #[max_length = 20]
        ext_id -> Varchar,
        kind -> Text,
    }
}

diesel::table! {
    feed_lines (merchant_id, at, feed_id, line_no) {
        merchant_id -> Int8,
        at -> Timestamptz,
        feed_id -> Int8,
        line_no -> Int4,
        key -> Text,
        outcome -> Text,
        problems -> Jsonb,
        line -> Jsonb,
    }
}

diesel::table! {
    feeds (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        at -> Timestamptz,
        channel -> Text,
        actor_kind -> Text,
        actor_id -> Nullable<Int8>,
        actor_name -> Text,
        module -> Text,
        method -> Text,
        policy -> Text,
        request_id -> Nullable<Uuid>,
        total -> Int4,
        applied -> Int4,
        unchanged -> Int4,
        held -> Int4,
        stale -> Int4,
        parked -> Int4,
        rejected -> Int4,
        warned -> Int4,
    }
}

diesel::table! {
    freshness (merchant_id, module) {
        merchant_id -> Int8,
        module -> Text,
        watched -> Bool,
        every_minutes -> Int4,
        extra_safety -> Int8,
        overdue_since -> Nullable<Timestamptz>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    guard_rules (merchant_id) {
        merchant_id -> Int8,
        zero_on -> Bool,
        zero_rows -> Int4,
        zero_share -> Int2,
        swing_on -> Bool,
        swing_rows -> Int4,
        swing_percent -> Int2,
        floor_on -> Bool,
        updated_at -> Timestamptz,
        lots_on -> Bool,
    }
}

diesel::table! {
    guard_ticks (merchant_id, guard, at, id) {
        merchant_id -> Int8,
        guard -> Text,
        at -> Timestamptz,
        id -> Int8,
        lines -> Int4,
        caught -> Bool,
    }
}

diesel::table! {
    held_lines (merchant_id, method, module, key) {
        merchant_id -> Int8,
        method -> Text,
        module -> Text,
        key -> Text,
        line -> Jsonb,
        why -> Text,
        product_id -> Nullable<Int8>,
        sku_id -> Nullable<Int8>,
        shop_id -> Nullable<Int8>,
        source_time -> Nullable<Timestamptz>,
        first_at -> Timestamptz,
        last_at -> Timestamptz,
        count -> Int8,
        feed_id -> Nullable<Int8>,
        wanted -> Bool,
        version -> Int8,
    }
}

diesel::table! {
    holds (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        sku_id -> Int8,
        shop_id -> Int8,
        qty -> Int8,
        shadow -> Int8,
        until -> Nullable<Timestamptz>,
        keeps -> Bool,
        reason -> Text,
        by_user -> Nullable<Int8>,
        by_name -> Text,
        started_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        ended_why -> Nullable<Text>,
        ended_by -> Nullable<Text>,
        used -> Nullable<Int8>,
    }
}

diesel::table! {
    listing_rechecks (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        about -> Text,
        key -> Text,
        seen_merchant -> Int8,
        seen_product -> Int8,
        asked_at -> Timestamptz,
    }
}

diesel::table! {
    lot_heads (merchant_id, sku_id, shop_id) {
        merchant_id -> Int8,
        sku_id -> Int8,
        shop_id -> Int8,
        version -> Int8,
        source_time -> Nullable<Timestamptz>,
        at -> Timestamptz,
        told_at -> Timestamptz,
        gone -> Nullable<Jsonb>,
    }
}

diesel::table! {
    lot_rules (merchant_id) {
        merchant_id -> Int8,
        mode -> Text,
        carries_stock -> Bool,
    }
}

diesel::table! {
    lot_snapshots (merchant_id, sku_id, shop_id, version) {
        merchant_id -> Int8,
        sku_id -> Int8,
        shop_id -> Int8,
        version -> Int8,
        at -> Timestamptz,
        source_time -> Nullable<Timestamptz>,
        lots -> Jsonb,
        actor_name -> Text,
        request_id -> Nullable<Uuid>,
        feed_id -> Nullable<Int8>,
        line_no -> Nullable<Int4>,
    }
}

diesel::table! {
    lot_stops (merchant_id, sku_id, shop_id, lot_no) {
        merchant_id -> Int8,
        sku_id -> Int8,
        shop_id -> Int8,
        #[max_length = 40]
        lot_no -> Varchar,
        at -> Timestamptz,
        by_name -> Text,
        reason -> Text,
    }
}

diesel::table! {
    lots (merchant_id, sku_id, shop_id, lot_no) {
        merchant_id -> Int8,
        sku_id -> Int8,
        shop_id -> Int8,
        #[max_length = 40]
        lot_no -> Varchar,
        produced_on -> Nullable<Date>,
        expires_on -> Nullable<Date>,
        produced_month -> Bool,
        expires_month -> Bool,
        qty -> Nullable<Int8>,
    }
}

diesel::table! {
    merchants (id) {
        id -> Int8,
        code -> Text,
        name -> Text,
        kind -> Text,
        status -> Text,
        auto_list -> Bool,
        low_stock -> Int8,
        created_at -> Timestamptz,
        order_seq -> Int8,
    }
}

diesel::table! {
    nonces (app_id, nonce) {
        app_id -> Int8,
        nonce -> Text,
        seen_at -> Timestamptz,
    }
}

diesel::table! {
    order_events (merchant_id, order_id, id) {
        merchant_id -> Int8,
        order_id -> Int8,
        id -> Int8,
        at -> Timestamptz,
        kind -> Text,
        origin -> Text,
        #[max_length = 64]
        source_id -> Nullable<Varchar>,
        visible -> Bool,
        sentence -> Text,
        data -> Jsonb,
        actor_name -> Text,
        request_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    order_lines (merchant_id, order_id, no) {
        merchant_id -> Int8,
        order_id -> Int8,
        no -> Int4,
        sku_id -> Int8,
        qty -> Int8,
        unit_price -> Numeric,
        amount -> Numeric,
        price_rule -> Text,
        lots -> Jsonb,
        shipped -> Int8,
        closed -> Int8,
    }
}

diesel::table! {
    order_rules (merchant_id) {
        merchant_id -> Int8,
        sync_from -> Text,
        lease_minutes -> Int4,
        alert_minutes -> Int4,
        restock -> Bool,
    }
}

diesel::table! {
    orders (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        #[max_length = 64]
        order_no -> Varchar,
        channel -> Text,
        shop_id -> Int8,
        customer_id -> Int8,
        state -> Text,
        placed_at -> Timestamptz,
        paid_at -> Nullable<Timestamptz>,
        sent_at -> Nullable<Timestamptz>,
        received_at -> Nullable<Timestamptz>,
        cancelled_at -> Nullable<Timestamptz>,
        refunded_at -> Nullable<Timestamptz>,
        cancel_reason -> Nullable<Text>,
        goods_amount -> Numeric,
        freight_amount -> Numeric,
        discount_amount -> Numeric,
        card_amount -> Numeric,
        payable_amount -> Numeric,
        refunded_amount -> Numeric,
        line_count -> Int4,
        delivery -> Jsonb,
        invoice -> Nullable<Jsonb>,
        cards -> Nullable<Jsonb>,
        region_code -> Nullable<Text>,
        remark -> Text,
        seq -> Nullable<Int8>,
        sync -> Text,
        waits -> Nullable<Text>,
        waits_note -> Nullable<Text>,
        lease -> Nullable<Uuid>,
        leased_by -> Nullable<Int8>,
        leased_until -> Nullable<Timestamptz>,
        handed -> Int4,
        synced_at -> Nullable<Timestamptz>,
        #[max_length = 64]
        erp_order_no -> Nullable<Varchar>,
        #[max_length = 60]
        erp_status -> Nullable<Varchar>,
        erp_status_at -> Nullable<Timestamptz>,
        version -> Int4,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    outages (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        since -> Timestamptz,
        by_name -> Text,
        reason -> Text,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Text>,
    }
}

diesel::table! {
    parked_lines (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        at -> Timestamptz,
        feed_id -> Int8,
        line_no -> Int4,
        method -> Text,
        key -> Text,
        waits_for -> Text,
        code -> Text,
        line -> Jsonb,
        source_time -> Nullable<Timestamptz>,
        settled_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
        now -> Nullable<Jsonb>,
    }
}

diesel::table! {
    price_rules (merchant_id) {
        merchant_id -> Int8,
        policy -> Text,
        member -> Text,
        alert_percent -> Int2,
        floor_percent -> Nullable<Int2>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    prices (merchant_id, sku_id, customer_id, customer_group_id, region_group_id, shop_id, valid_from) {
        merchant_id -> Int8,
        sku_id -> Int8,
        customer_id -> Int8,
        customer_group_id -> Int8,
        region_group_id -> Int8,
        shop_id -> Int8,
        valid_from -> Timestamptz,
        valid_until -> Timestamptz,
        amount -> Numeric,
        owner -> Text,
        source_time -> Nullable<Timestamptz>,
        updated_at -> Timestamptz,
        customer -> Nullable<Int8>,
        customer_group -> Nullable<Int8>,
        region_group -> Nullable<Int8>,
        shop -> Nullable<Int8>,
    }
}

diesel::table! {
    product_keys (merchant_id, product_id) {
        merchant_id -> Int8,
        product_id -> Int8,
        gtin -> Text,
        approval_key -> Text,
        name_key -> Text,
        spec_key -> Text,
        maker_key -> Text,
    }
}

diesel::table! {
    products (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        #[max_length = 20]
        prod_id -> Varchar,
        #[max_length = 50]
        erp_code -> Varchar,
        name -> Text,
        #[max_length = 20]
        category_id -> Varchar,
        brand -> Text,
        spec -> Text,
        manufacturer -> Text,
        approval_no -> Text,
        #[max_length = 20]
        barcode -> Varchar,
        #[max_length = 20]
        unit -> Varchar,
        enabled -> Bool,
        details -> Jsonb,
        base_product_id -> Nullable<Int8>,
        explicit_base -> Nullable<Text>,
        match_kind -> Text,
        audit_status -> Text,
        listing -> Text,
        unlisted_by -> Nullable<Text>,
        list_wish -> Bool,
        grams -> Array<Nullable<Text>>,
        version -> Int4,
        source_time -> Nullable<Timestamptz>,
        erp_created_at -> Nullable<Timestamptz>,
        erp_updated_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    quarantines (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        guard -> Text,
        at -> Timestamptz,
        actor_name -> Text,
        request_id -> Nullable<Uuid>,
        feed_id -> Nullable<Int8>,
        lines -> Int8,
        earlier -> Int8,
        in_stock -> Nullable<Int8>,
        rule -> Jsonb,
    }
}

diesel::table! {
    reconciliation_rows (merchant_id, reconciliation_id, sku_id, shop_id) {
        merchant_id -> Int8,
        reconciliation_id -> Int8,
        sku_id -> Text,
        shop_id -> Int8,
        state -> Text,
        theirs -> Nullable<Int8>,
        ours -> Nullable<Int8>,
        taken -> Nullable<Text>,
        taken_by -> Nullable<Text>,
        taken_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    reconciliations (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        name -> Text,
        at -> Timestamptz,
        heard_at -> Timestamptz,
        by_name -> Text,
        shops -> Nullable<Array<Nullable<Int8>>>,
        closed_at -> Nullable<Timestamptz>,
        equal -> Int8,
        different -> Int8,
        missing_here -> Int8,
        missing_there -> Int8,
    }
}

diesel::table! {
    region_group_members (merchant_id, region_code) {
        merchant_id -> Int8,
        region_code -> Text,
        group_id -> Int8,
    }
}

diesel::table! {
    region_groups (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        #[max_length = 20]
        code -> Varchar,
        #[max_length = 60]
        name -> Varchar,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    regions (code) {
        code -> Text,
        name -> Text,
        level -> Int2,
        parent_code -> Text,
        area -> Text,
    }
}

diesel::table! {
    replies (merchant_id, actor, key) {
        merchant_id -> Int8,
        actor -> Text,
        key -> Text,
        fingerprint -> Bytea,
        status -> Int4,
        body -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    reservation_lines (merchant_id, no, sku_id, shop_id) {
        merchant_id -> Int8,
        #[max_length = 64]
        no -> Varchar,
        sku_id -> Int8,
        shop_id -> Int8,
        qty -> Int8,
        state -> Text,
        hold_id -> Nullable<Int8>,
    }
}

diesel::table! {
    reservations (merchant_id, no) {
        merchant_id -> Int8,
        #[max_length = 64]
        no -> Varchar,
        state -> Text,
        #[max_length = 64]
        order_no -> Nullable<Varchar>,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        seq -> Nullable<Int8>,
        paid_at -> Nullable<Timestamptz>,
        acked_at -> Nullable<Timestamptz>,
        imported_at -> Nullable<Timestamptz>,
        shipped_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Bytea,
        user_id -> Nullable<Int8>,
        state -> Jsonb,
        created_at -> Timestamptz,
        seen_at -> Timestamptz,
        expires_at -> Timestamptz,
        ip -> Nullable<Text>,
        agent -> Nullable<Text>,
    }
}

diesel::table! {
    shops (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        name -> Text,
        is_default -> Bool,
        active -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    skus (merchant_id, id) {
        merchant_id -> Int8,
        id -> Int8,
        #[max_length = 20]
        sku_id -> Varchar,
        product_id -> Int8,
        #[max_length = 20]
        code -> Varchar,
        #[max_length = 20]
        barcode -> Varchar,
        #[max_length = 100]
        picture -> Varchar,
        attributes -> Jsonb,
        base_price -> Nullable<Numeric>,
        cost_price -> Nullable<Numeric>,
        retail_price -> Nullable<Numeric>,
        member_price -> Nullable<Numeric>,
        reference_price -> Nullable<Numeric>,
        is_default -> Bool,
        enabled -> Bool,
        version -> Int4,
        source_time -> Nullable<Timestamptz>,
        erp_created_at -> Nullable<Timestamptz>,
        erp_updated_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        quoted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    stock (merchant_id, sku_id, shop_id) {
        merchant_id -> Int8,
        shop_id -> Int8,
        sku_id -> Int8,
        erp_qty -> Int8,
        qty_by -> Text,
        reported_sold -> Nullable<Int8>,
        reported_frozen -> Nullable<Int8>,
        frozen -> Int8,
        sold -> Int8,
        sold_open -> Int8,
        safety -> Int8,
        source_time -> Nullable<Timestamptz>,
        reported_at -> Nullable<Timestamptz>,
        version -> Int8,
        updated_at -> Timestamptz,
        reported_qty -> Nullable<Int8>,
        ack_seq -> Nullable<Int8>,
        as_of -> Nullable<Timestamptz>,
        received_at -> Nullable<Timestamptz>,
        sold_offset -> Nullable<Int8>,
        oversell -> Int8,
        hold_id -> Nullable<Int8>,
        hold_qty -> Nullable<Int8>,
        hold_used -> Int8,
        hold_until -> Nullable<Timestamptz>,
        hold_keeps -> Bool,
        withheld -> Int8,
        lots_until -> Nullable<Date>,
        lots_qty -> Nullable<Int8>,
    }
}

diesel::table! {
    stock_checks (merchant_id, at) {
        merchant_id -> Int8,
        at -> Timestamptz,
        rows -> Int8,
        differences -> Jsonb,
    }
}

diesel::table! {
    stock_marks (merchant_id, mark, sku_id, shop_id) {
        merchant_id -> Int8,
        sku_id -> Int8,
        shop_id -> Int8,
        mark -> Text,
    }
}

diesel::table! {
    stock_movements (merchant_id, at, id) {
        merchant_id -> Int8,
        at -> Timestamptz,
        id -> Int8,
        sku_id -> Int8,
        shop_id -> Int8,
        kind -> Text,
        before -> Int8,
        after -> Int8,
        available -> Int8,
        actor_kind -> Text,
        actor_name -> Text,
        reason -> Nullable<Text>,
        request_id -> Nullable<Uuid>,
        feed_id -> Nullable<Int8>,
        line_no -> Nullable<Int4>,
        d_frozen -> Int8,
        d_open -> Int8,
        d_sold -> Int8,
        held -> Nullable<Int8>,
        reservation -> Nullable<Text>,
    }
}

diesel::table! {
    stock_rules (merchant_id) {
        merchant_id -> Int8,
        mode -> Text,
        freeze_minutes -> Int4,
        lag_ms -> Nullable<Int8>,
        lag_at -> Nullable<Timestamptz>,
        stale_extra -> Int8,
    }
}

diesel::table! {
    switches (merchant_id, module) {
        merchant_id -> Int8,
        module -> Text,
        reason -> Text,
        by_user -> Nullable<Int8>,
        by_name -> Text,
        since -> Timestamptz,
        until -> Nullable<Timestamptz>,
        mark -> Int8,
    }
}

diesel::table! {
    trail (merchant_id, at, id) {
        merchant_id -> Int8,
        at -> Timestamptz,
        id -> Int8,
        actor_kind -> Text,
        actor_id -> Nullable<Int8>,
        actor_name -> Text,
        verb -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        before -> Nullable<Jsonb>,
        after -> Nullable<Jsonb>,
        note -> Nullable<Text>,
        request_id -> Nullable<Uuid>,
        feed_id -> Nullable<Int8>,
        line_no -> Nullable<Int4>,
    }
}

diesel::table! {
    users (id) {
        id -> Int8,
        merchant_id -> Int8,
        login -> Text,
        name -> Text,
        role -> Text,
        permissions -> Array<Nullable<Text>>,
        password_hash -> Text,
        password_changed_at -> Timestamptz,
        active -> Bool,
        failed_logins -> Int4,
        locked_until -> Nullable<Timestamptz>,
        language -> Nullable<Text>,
        last_login_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::joinable!(apps -> merchants (merchant_id));
diesel::joinable!(apps -> users (created_by));
diesel::joinable!(audit_decisions -> base_products (base_product_id));
diesel::joinable!(audit_decisions -> merchants (merchant_id));
diesel::joinable!(audit_decisions -> users (reviewer_id));
diesel::joinable!(audit_items -> users (leased_by));
diesel::joinable!(audit_skips -> users (reviewer_id));
diesel::joinable!(base_barcodes -> base_products (base_id));
diesel::joinable!(call_minutes -> merchants (merchant_id));
diesel::joinable!(calls -> merchants (merchant_id));
diesel::joinable!(categories -> merchants (merchant_id));
diesel::joinable!(code_maps -> merchants (merchant_id));
diesel::joinable!(customer_groups -> merchants (merchant_id));
diesel::joinable!(customer_rules -> merchants (merchant_id));
diesel::joinable!(customers -> merchants (merchant_id));
diesel::joinable!(customers -> regions (region_code));
diesel::joinable!(dismissals -> merchants (merchant_id));
diesel::joinable!(erp_customers -> merchants (merchant_id));
diesel::joinable!(erp_customers -> regions (region_code));
diesel::joinable!(erp_statuses -> merchants (merchant_id));
diesel::joinable!(exceptions -> users (by_user));
diesel::joinable!(external_ids -> merchants (merchant_id));
diesel::joinable!(feed_lines -> merchants (merchant_id));
diesel::joinable!(feeds -> merchants (merchant_id));
diesel::joinable!(freshness -> merchants (merchant_id));
diesel::joinable!(guard_rules -> merchants (merchant_id));
diesel::joinable!(guard_ticks -> merchants (merchant_id));
diesel::joinable!(held_lines -> merchants (merchant_id));
diesel::joinable!(holds -> merchants (merchant_id));
diesel::joinable!(holds -> users (by_user));
diesel::joinable!(listing_rechecks -> merchants (merchant_id));
diesel::joinable!(lot_rules -> merchants (merchant_id));
diesel::joinable!(order_rules -> merchants (merchant_id));
diesel::joinable!(orders -> merchants (merchant_id));
diesel::joinable!(orders -> regions (region_code));
diesel::joinable!(outages -> merchants (merchant_id));
diesel::joinable!(parked_lines -> merchants (merchant_id));
diesel::joinable!(price_rules -> merchants (merchant_id));
diesel::joinable!(products -> base_products (base_product_id));
diesel::joinable!(products -> merchants (merchant_id));
diesel::joinable!(quarantines -> merchants (merchant_id));
diesel::joinable!(reconciliations -> merchants (merchant_id));
diesel::joinable!(region_group_members -> regions (region_code));
diesel::joinable!(region_groups -> merchants (merchant_id));
diesel::joinable!(replies -> merchants (merchant_id));
diesel::joinable!(reservations -> merchants (merchant_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(shops -> merchants (merchant_id));
diesel::joinable!(skus -> merchants (merchant_id));
diesel::joinable!(stock_checks -> merchants (merchant_id));
diesel::joinable!(stock_rules -> merchants (merchant_id));
diesel::joinable!(switches -> merchants (merchant_id));
diesel::joinable!(switches -> users (by_user));
diesel::joinable!(trail -> merchants (merchant_id));
diesel::joinable!(users -> merchants (merchant_id));

diesel::allow_tables_to_appear_in_same_query!(
    aliases,
    app_secrets,
    apps,
    audit_decisions,
    audit_items,
    audit_skips,
    base_barcodes,
    base_products,
    block_list,
    buckets,
    call_minutes,
    calls,
    carriers,
    categories,
    code_maps,
    customer_group_members,
    customer_groups,
    customer_rules,
    customers,
    dismissals,
    erp_customers,
    erp_statuses,
    exceptions,
    external_ids,
    feed_lines,
    feeds,
    freshness,
    guard_rules,
    guard_ticks,
    held_lines,
    holds,
    listing_rechecks,
    lot_heads,
    lot_rules,
    lot_snapshots,
    lot_stops,
    lots,
    merchants,
    nonces,
    order_events,
    order_lines,
    order_rules,
    orders,
    outages,
    parked_lines,
    price_rules,
    prices,
    product_keys,
    products,
    quarantines,
    reconciliation_rows,
    reconciliations,
    region_group_members,
    region_groups,
    regions,
    replies,
    reservation_lines,
    reservations,
    sessions,
    shops,
    skus,
    stock,
    stock_checks,
    stock_marks,
    stock_movements,
    stock_rules,
    switches,
    trail,
    users,
);
