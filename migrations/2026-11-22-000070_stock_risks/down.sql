drop table stock_risks, risk_reckonings;
