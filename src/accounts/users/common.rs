//! What passwords are made of when people do not want to think of one.

/// Words, runs of keys and years, in lower case, longest first where one holds another; digits alone count as well.
pub const COMMON: &[&str] = &[
    "1q2w3e4r5t6y", "qwertyuiop", "1234567890", "0987654321", "0123456789", "9876543210", "1qaz2wsx3edc", "changeme", "passw0rd", "password", "pa$$w0rd",
    "p@ssw0rd", "p@ssword", "mypassword", "letmein", "welcome", "iloveyou", "sunshine", "princess", "football", "baseball", "basketball", "superman", "batman",
    "starwars", "pokemon", "dragon", "monkey", "master", "shadow", "michael", "jennifer", "jordan", "hunter", "ranger", "buster", "soccer", "hockey", "killer",
    "george", "andrew", "charlie", "thomas", "jessica", "pepper", "daniel", "access", "joshua", "maggie", "ashley", "nicole", "chelsea", "biteme", "matthew",
    "robert", "summer", "winter", "spring", "autumn", "secret", "freedom", "whatever", "qazwsxedc", "qazwsx", "1q2w3e4r5t", "1q2w3e4r", "1q2w3e", "1qaz2wsx",
    "1qazxsw2", "zaq12wsx", "zaq1xsw2", "!qaz2wsx", "q1w2e3r4t5", "q1w2e3r4", "q1w2e3", "asdfghjkl", "asdfgh", "asdf1234", "asdf", "zxcvbnm", "zxcvbn", "zxcv",
    "qwerty", "qwert", "qwer", "poiuyt", "lkjhgf", "mnbvcxz", "987654321", "87654321", "7654321", "654321", "54321", "4321", "123456789", "12345678", "1234567",
    "123456", "12345", "1234", "123123", "123321", "112233", "121212", "123654", "147258369", "147258", "159753", "159357", "789456", "456123", "321321",
    "5201314", "1314520", "520520", "1314", "888888", "666666", "168168", "woaini", "aini", "nihao", "wodemima", "mima", "zhongguo", "beijing",
    "shanghai", "guangzhou", "shenzhen", "zhang", "wang", "chen", "yang", "admin", "administrator", "root", "user", "guest", "test", "demo", "login", "default",
    "manager", "system", "server", "oracle", "mysql", "postgres", "abcdefgh", "abcdef", "abcd", "abc", "a1b2c3d4", "a1b2c3", "aa123456", "computer", "internet",
    "samsung", "huawei", "xiaomi", "google", "alibaba", "taobao", "tencent", "weixin", "wechat", "hello", "love", "happy", "lucky", "angel", "flower", "trustno1",
    "2020", "2021", "2022", "2023", "2024", "2025", "2026", "2027",
];
