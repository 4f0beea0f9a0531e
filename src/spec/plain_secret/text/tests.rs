//! Texts that are reported and texts that are not, form by form. The secrets here are made up.

use super::*;

fn reported(text: &str) -> Vec<&str> {
    secrets(text).into_iter().map(|one| text.get(one.range).unwrap()).collect()
}

/// A text, and the one secret in it.
const SECRETS: &[(&str, &str)] = &[
    ("as_token: 7d1f0b2c9a\n", "7d1f0b2c9a"),
    ("as_token: \"hunter2\"\n", "hunter2"),
    ("  - password: hunter2 # of the bridge\n", "hunter2"),
    ("{\"bridge\": {\"hs_token\": \"a b c d\"}, \"x\": 1}", "a b c d"),
    ("{\"a\":1,\"clientSecret\":\"hunter2\",\"b\":2}", "hunter2"),
    ("[db]\npassword = hunter2\n", "hunter2"),
    ("DB_PASSWORD=hunter2\n", "hunter2"),
    ("export API_TOKEN='hunter2'\n", "hunter2"),
    ("Environment=APP_SECRET=hunter2\n", "hunter2"),
    ("ExecStart=/usr/bin/app --password=hunter2 --port 1\n", "hunter2"),
    ("tokens:\n  - hunter2hunter2\nother: 1\n", "hunter2hunter2"),
    ("pepper: |\n  hunter2\nother: x\n", "hunter2"),
    ("macaroon_secret_key: !!str\nmacaroon: 'Xk3.pq'\n", "Xk3.pq"),
    ("uri: postgres://app:hunter2@db.internal/app\n", "hunter2"),
    ("redis://:hunter2@127.0.0.1:6379/0", "hunter2"),
    ("host=db user=app password=hunter2 dbname=app", "hunter2"),
    ("curl -H 'Authorization: Bearer abcdefgh12' http://x/", "abcdefgh12"),
    ("proxy_set_header Authorization \"Basic YWxhZGRpbjpvcGVu\";", "YWxhZGRpbjpvcGVu"),
    ("ALTER ROLE app PASSWORD 'hunter2';", "hunter2"),
    ("store_key: Zk3Jq9vT2mX7bLw4RnY8cPdH\n", "Zk3Jq9vT2mX7bLw4RnY8cPdH"),
    ("PGPASSWORD=Zx7Qhunter pg_dump x", "Zx7Qhunter"),
    ("MYSQL_PWD=Zx7Qhunter mysqldump x", "Zx7Qhunter"),
    ("SMTP_PW=Zx7Qhunter\n", "Zx7Qhunter"),
    ("requirepass Zx7Qhunter\n", "Zx7Qhunter"),
    ("  masterauth \"Zx7Qhunter\"\n", "Zx7Qhunter"),
    ("machine mail.example.org login alice password Zx7Qhunter\n", "Zx7Qhunter"),
    ("machine a.example\n  login alice\n  password Zx7Qhunter\n", "Zx7Qhunter"),
    ("<smtp><password>Zx7Qhunter</password></smtp>", "Zx7Qhunter"),
    ("psk: Zx7Qhunter\n", "Zx7Qhunter"),
    ("credentials: Zx7Qhunter\n", "Zx7Qhunter"),
    ("curl -u admin:Zx7Qhunter https://a.example/", "Zx7Qhunter"),
    ("curl --user 'admin:Zx7Qhunter' https://a.example/", "Zx7Qhunter"),
    ("listening-port=3478\nuser=turn:Zx7Qhunter\nrealm=a.example\n", "Zx7Qhunter"),
    ("127.0.0.1:5432:synapse:synapse_user:Zx7Qhunter\n", "Zx7Qhunter"),
    ("*:*:*:app:Zx7Qhunter\n", "Zx7Qhunter"),
    ("port: 7880\nkeys:\n  APIabcdef: Zx7Qhunter\nturn:\n  enabled: true\n", "Zx7Qhunter"),
    ("key = AGE-SECRET-KEY-1QQPQYKR0FJ8TXMA3Y", "AGE-SECRET-KEY-1QQPQYKR0FJ8TXMA3Y"),
    ("x syt_YWxpY2U_abcdefghijkl_1 y", "syt_YWxpY2U_abcdefghijkl_1"),
    ("AKIAIOSFODNN7EXAMPLX in a line", "AKIAIOSFODNN7EXAMPLX"),
    ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
    ("glpat-0123456789abcdefghij", "glpat-0123456789abcdefghij"),
    (
        "bot 123456789:AAF0123456789abcdefghijABCDEFGHIJ0x",
        "123456789:AAF0123456789abcdefghijABCDEFGHIJ0x",
    ),
    (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLi4u",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLi4u",
    ),
    (
        "ed25519 a_Zm9v YmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6MTIzNDU",
        "ed25519 a_Zm9v YmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6MTIzNDU",
    ),
];

/// Texts without a secret: public values, references to secrets, examples, and text about secrets.
const HARMLESS: &[&str] = &[
    "",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZm9vYmFyYmF6Zm9vYmFyYmF6MTIzNDU6789 admin@host",
    "host_key = \"AAAAC3NzaC1lZDI1NTE5AAAAIGZm9vYmFyYmF6MTIzNDU\"",
    "verify_keys: { \"ed25519:auto\": \"Noi6WqcDj0QmPxCNQqgezwTlBKrfqehY1u2FyWP9uYw\" }",
    "public_key: Noi6WqcDj0QmPxCNQqgezwTlBKrfqehY1u2FyWP9uYw",
    "recaptcha_site_key: 6LcAAAAAAAAAAAAAAAAAAB1c2d3e4f5g6h7",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA0123456789abcdefghijABCDEF\n-----END PUBLIC KEY-----\n",
    "-----BEGIN CERTIFICATE-----\nMIIBqzCCAVCgAwIBAgIUOol3jd93wJDlJbA5rEI3kN1ynUAw\n-----END CERTIFICATE-----\n",
    "it must hold `-----BEGIN PRIVATE KEY-----`",
    "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "id: 123e4567-e89b-12d3-a456-426614174000\nuuid = 123e4567-e89b-12d3-a456-426614174000",
    "password_hash: $2b$12$KIXQJ9qXy1pN0v6wF1Z3Hu",
    "ssl_certificate_key /etc/letsencrypt/live/example.org/privkey.pem;",
    "key = \"/etc/letsencrypt/live/example.org/privkey.pem\"",
    "private_key: /etc/ssl/private/app.key\npassword_file: /run/secrets/db",
    "password: ${DB_PASSWORD}\ntoken: $TOKEN\nsecret: {{ vault_secret }}\npassword: %(password)s",
    "password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n",
    "as_token: \"This value is generated when generating the registration\"\nhs_token: generate",
    "password: changeme\ntoken: your_token_here\nsecret: <secret>\npepper: xxxxxxxx\npassword: example-pw",
    "access_token_lifetime: 24h\ntoken: 3600\nsession_token = 30d\n",
    "enable_token: true\npassword: null\nsecret: ~\npassword: \"\"\nrequires_password: yes\n",
    "PASSWORD=\nSECRET=\n# token: set it below\n",
    "read -p \"Password: \" answer\necho \"Your token: ask an admin\"\n",
    "proxy_pass: http://127.0.0.1:8008;\nproxy_pass http://127.0.0.1:8008;",
    "token = get_token()\npassword = self.password\nlet secret = config.secret;\n",
    "authorization: required\nAuthorization: Bearer $TOKEN\nAuthorization: Bearer <token>\n",
    "token_endpoint: https://login.example.org/token\nsecret_url = https://a.example/",
    "postgres://app@db.internal/app https://user:password@host/ https://a.example:8443/@alice:a.example",
    "properties:\n  password:\n    type: string\n    description: the password of the user\n  token:\n    type: string\n",
    "secretName: app-tls\nsecretKeyRef:\n  name: app\n  key: password\n",
    "sort_key: 0123456789abcdefghij01\ncache_key = 0123456789abcdefghij01",
    "requirepass $REDIS\n# requirepass foobared\nthe password policy here\n",
    "password authentication failed for user\nmachine room login page password reset\n",
    "auth_request_set $auth;\nauth: required\ncredentials: include\ncredentials: omit\n",
    "curl -u admin:$PASSWORD https://a.example/\ncurl -u admin https://a.example/ -o x\n",
    "user=turnserver\nuser=www-data\nUser=app\nid -u app:app\nchown -u root:wheel x\n",
    "listen 127.0.0.1:8008\n::1:5432:a\n12:30:45:678:9\naa:bb:cc:dd:ee\nfe80:0:0:0:1\nfd00:1234:5678:9abc:def0\n",
    "APIversion: v1beta1\n  APIServer: https://a.example/\n",
    "keys:\n  title: Title of it\n  other_name: anything at all\nkeys: [a, b]\n",
    "<password></password><password>${PW}</password><token>example</token>",
    "the token: a word that the server gives\n",
];

#[test]
fn secrets_are_listed_on_their_own() {
    for (text, secret) in SECRETS {
        assert_eq!(reported(text), [*secret], "{text}");
    }
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n";
    assert_eq!(secrets(key).len(), 1, "{key}");
    assert_eq!(secrets(key)[0].what, Some("a private key"));
}

#[test]
fn harmless_text_is_not_reported() {
    let reported: Vec<_> = HARMLESS.iter().map(|text| (text, reported(text))).collect();
    let reported: Vec<_> =
        reported.into_iter().filter(|(_, reported)| !reported.is_empty()).collect();
    assert!(reported.is_empty(), "{reported:#?}");
}

#[test]
fn each_of_several_is_reported_once() {
    let text = "as_token: aaaa1111\nhs_token: aaaa1111\nurl: x\nnested:\n  password: 'b b b'\n";
    assert_eq!(reported(text), ["aaaa1111", "aaaa1111", "b b b"]);
    assert_eq!(reported("token: syt_YWxpY2U_abcdefghijkl_1\n"), ["syt_YWxpY2U_abcdefghijkl_1"]);
}

#[test]
fn a_line_can_say_that_it_is_public() {
    assert_eq!(reported("token: aaaa1111 # matrixform: public\ntoken: bbbb2222\n"), ["bbbb2222"]);
}

#[test]
fn long_values_are_hidden_completely() {
    let value = "x1Y".repeat(2000);
    for text in
        [format!("token: {value}\n"), format!("token = \"{value}\"\n"), format!("a syt_{value}\n")]
    {
        let found = secrets(&text);
        assert_eq!(found.len(), 1);
        assert!(!text[found[0].range.end..].contains("x1Y"), "{:?}", found[0].range);
    }
}

#[test]
fn scanning_is_fast_for_any_text() {
    for text in ["token=".repeat(400_000), "a: b\n".repeat(400_000), "\"".repeat(2_000_000)] {
        let began = std::time::Instant::now();
        let found = secrets(&text);
        assert!(
            found.len() <= MOST_REPORTED && began.elapsed().as_secs() < 20,
            "{:?}",
            began.elapsed()
        );
    }
}
