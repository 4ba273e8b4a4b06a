create table tokens (
    symbol text primary key,
    name   text not null
);

insert into tokens (symbol, name) values
    ('BTC', 'Bitcoin'),
    ('ETH', 'Ethereum'),
    ('BNB', 'Binance Coin');
