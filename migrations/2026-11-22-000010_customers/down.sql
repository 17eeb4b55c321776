drop table customer_rules, erp_customers, customers;
