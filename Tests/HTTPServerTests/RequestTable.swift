/// What every request gets, row by row, where RFC 9110 and RFC 9112 leave it open and where they do not.
enum RequestTable {
  // MARK: RFC 9112 §3.2

  static let host: [RequestRow] =
    [
      .get("no Host", fields: "", 400, then: .closes),
      .get("no Host among others", fields: "X: y\r\n", 400, then: .closes),
      .get("two Hosts", fields: "Host: a\r\nHost: b\r\n", 400, then: .closes),
      .get("the same Host twice", fields: "Host: a\r\nX: y\r\nhost: a\r\n", 400, then: .closes),
      RequestRow("no Host on HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 200, then: .closes),
      RequestRow("two Hosts on HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, then: .closes),
    ]
    + [
      "", " ", ":", ":80", "u@a", "u:p@a", "a b", "a/b", "a?b", "a#b", "a\"b", "a<b", "a\\b", "a|b", "\u{e9}", "a,b c",
      "a:x", "a:8x", "a:+1", "a:-1", "a:65536", "a:99999999999999999999", "a:1:2", "[::1", "[::g]", "[]", "a..b",
      "http://a",
    ].map { .get("Host \"\($0)\"", fields: "Host:\($0)\r\n", 400, then: .closes) }
    + ["a", "a:", "a:0", "a:65535", "A.b-c_d~e.", "127.0.0.1:80", "[::1]:80", "[::ffff:1.2.3.4]", " a \t"].map {
      .get("Host \"\($0)\"", fields: "Host:\($0)\r\n", 200, then: .stays)
    }

  // MARK: RFC 9112 §6

  static let framing: [RequestRow] =
    [
      .post(
        "length, then encoding", fields: "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400, then: .closes),
      .post(
        "encoding, then length", fields: "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400, then: .closes),
      .post(
        "length, others, then encoding", fields: "Content-Length: 0\r\nX: y\r\ntransfer-encoding: chunked\r\n", 400,
        then: .closes),
      .post("differing lengths", fields: "Content-Length: 5\r\nContent-Length: 6\r\n", 400, then: .closes),
      .post("the same length twice", fields: "Content-Length: 5\r\nContent-Length: 5\r\n", 400, then: .closes),
      .post("length 2^64 + 5", fields: "Content-Length: 18446744073709551621\r\n", 413, then: .closes),
      .post(
        "length of 30 digits", fields: "Content-Length: \(String(repeating: "9", count: 30))\r\n", 413, then: .closes),
      .post("length above the limit", fields: "Content-Length: 1048577\r\n", 413, then: .closes),
      .post(
        "length with zeros before", fields: "Content-Length: 000000000000000000002\r\n", body: "hi", 200, then: .stays),
      .post("length 0", fields: "Content-Length: 0\r\n", 200, then: .stays),
      RequestRow(
        "encoding on HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, then: .closes
      ),
    ]
    + ["5, 5", "5,", "+5", "-5", "", "5 5", "0x5", "5.0", "five", "\u{b2}"].map {
      .post("length \"\($0)\"", fields: "Content-Length: \($0)\r\n", body: "hello", 400, then: .closes)
    }
    + [
      "", ",", "chunked,", "chunked;a=b", "xchunked", "chunked, gzip", "gzip", "identity", "identity, chunked",
      "chunked, chunked", "chunked, identity", "chun ked", "\"chunked\"", "chunked\r\nTransfer-Encoding: chunked",
      "chunked\r\nTransfer-Encoding: gzip", "\u{b}chunked",
    ].map { .post("encoding \"\($0)\"", fields: "Transfer-Encoding: \($0)\r\n", body: "0\r\n\r\n", 400, then: .closes) }
    + ["gzip, chunked", "gzip,\tchunked", "gzip\r\nTransfer-Encoding: chunked", "br, gzip, chunked"].map {
      .post("encoding \"\($0)\"", fields: "Transfer-Encoding: \($0)\r\n", body: "0\r\n\r\n", 501, then: .closes)
    }
    + ["chunked", "Chunked", " \tCHUNKED "].map {
      .post("encoding \"\($0)\"", fields: "Transfer-Encoding:\($0)\r\n", body: "0\r\n\r\n", 200, then: .stays)
    }

  // MARK: RFC 9112 §7.1

  static let chunks: [RequestRow] =
    [
      "0x5", "+5", "-5", "5_0", "", "5g", " 5", "fffffffffffffffff", "00000000000000005", "8000000000000000",
    ].map { .chunked("chunk size \"\($0)\"", "\($0)\r\nhello\r\n0\r\n\r\n", 400, then: .closes) }
    + [
      ("no CRLF behind the data", "5\r\nhello0\r\n\r\n"), ("data longer than its size", "5\r\nhelloo\r\n0\r\n\r\n"),
      ("bare LF behind the size", "5\nhello\r\n0\r\n\r\n"), ("bare CR behind the size", "5\rhello\r\n0\r\n\r\n"),
      ("bare LF behind the data", "5\r\nhello\n0\r\n\r\n"), ("bare CR behind the data", "5\r\nhello\r0\r\n\r\n"),
      ("bare LF at the end", "0\r\n\n"), ("bare CR at the end", "0\r\n\rx"),
      ("space behind the size", "5 \r\nhello\r\n0\r\n\r\n"), ("tab behind the size", "5\t\r\nhello\r\n0\r\n\r\n"),
      ("bare ;", "5;\r\nhello\r\n0\r\n\r\n"), ("extension without a value", "5;a=\r\nhello\r\n0\r\n\r\n"),
      ("NUL in an extension", "5;a=\"\0\"\r\nhello\r\n0\r\n\r\n"), ("NUL in its name", "5;a\0\r\nhello\r\n0\r\n\r\n"),
      ("bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"),
      ("bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
      ("bare LF in a quoted extension", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"),
      ("extensions above 4 KiB", "5;a=\(String(repeating: "x", count: 4200))\r\nhello\r\n0\r\n\r\n"),
      (
        "extensions above 4 KiB together",
        String(repeating: "1;a=\(String(repeating: "x", count: 50))\r\nx\r\n", count: 90)
      ),
      ("trailer Content-Length", "0\r\nContent-Length: 5\r\n\r\n"), ("trailer Host", "0\r\nX: y\r\nHOST: a\r\n\r\n"),
      ("trailer Transfer-Encoding", "0\r\ntransfer-encoding: chunked\r\n\r\n"),
      ("folded trailer", "0\r\nX: y\r\n z\r\n\r\n"), ("trailer without a colon", "0\r\nX\r\n\r\n"),
      ("NUL in a trailer", "0\r\nX: \0\r\n\r\n"), ("bare LF in a trailer", "0\r\nX: y\n\r\n"),
    ].map { .chunked($0, $1, 400, then: .closes) }
    + [
      .chunked(
        "trailers above the limit", "0\r\nX: \(String(repeating: "y", count: 17_000))\r\n\r\n", 431, then: .closes),
      .chunked("too many trailers", "0\r\n\(String(repeating: "X: y\r\n", count: 101))\r\n", 431, then: .closes),
      .chunked("chunk above the limit", "100001\r\n", 413, then: .closes),
      .chunked("chunks above the limit together", "1\r\nx\r\n100000\r\n", 413, then: .closes),
    ]
    + [
      ("leading zeros", "005\r\nhello\r\n0\r\n\r\n"),
      ("hex in either case", "a\r\nhellohello\r\nA\r\nhellohello\r\n000\r\n\r\n"),
      ("extensions", "5;a;b=c;d=\"e;\\\"f\"\r\nhello\r\n0;x\r\n\r\n"),
      ("white space before ;", "5 ;a\r\nhello\r\n0\r\n\r\n"),
      ("a trailer", "0\r\nX: y\r\nDigest: z\r\n\r\n"),
    ].map { .chunked($0, $1, 200, then: .stays) }

  // MARK: RFC 9112 §2.2, §5

  static let fieldLines: [RequestRow] =
    [
      ("obs-fold", "X: a\r\n b\r\n"), ("obs-fold by a tab", "X: a\r\n\tb\r\n"), ("obs-fold of the first", " X: a\r\n"),
      ("space before the colon", "X : a\r\n"), ("tab before the colon", "X\t: a\r\n"), ("no colon", "X\r\n"),
      ("no name", ": a\r\n"), ("bad character in a name", "X(: a\r\n"), ("control in a name", "X\u{1}: a\r\n"),
      ("beyond ASCII in a name", "X\u{e9}: a\r\n"), ("NUL in a name", "X\0: a\r\n"), ("NUL", "X: a\0b\r\n"),
      ("NUL at a value's start", "X:\0\r\n"), ("bare CR in a value", "X: a\rb\r\n"), ("CR CR LF", "X: a\r\r\n"),
      ("bare LF in a value", "X: a\nY: b\r\n"), ("control 01", "X: a\u{1}b\r\n"), ("control 1F", "X: a\u{1f}\r\n"),
      ("vertical tab", "X: \u{b}a\r\n"), ("DEL", "X: a\u{7f}\r\n"),
    ].map { .get($0, fields: "Host: a\r\n\($1)", 400, then: .closes) }
    + [
      RequestRow("bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow("bare CR behind the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400, then: .closes),
      RequestRow("bare LF within the request line", "GET /\nHTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow("bare CR within the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow("bare LF behind a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400, then: .closes),
      RequestRow("bare LF as the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400, then: .closes),
      RequestRow("bare CR as the end", "GET / HTTP/1.1\r\nHost: a\r\n\rx", 400, then: .closes),
      RequestRow("only bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400, then: .closes),
      RequestRow("bare LF before the request line", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow("bare CR before the request line", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow("space before the request line", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow("one empty line before", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, then: .stays),
      RequestRow("two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, then: .stays),
      RequestRow("three empty lines before", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow(
        "two empty lines between", "GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200,
        200,
        then: .stays),
      .get("HTAB in a value", fields: "Host: a\r\nX: a\tb\t\r\n", 200, then: .stays),
      .get("an empty value", fields: "Host: a\r\nX:\r\nY: \t \r\n", 200, then: .stays),
      .get("every token character", fields: "Host: a\r\n!#$%&'*+-.^_`|~09AZaz: b\r\n", 200, then: .stays),
      .get(
        "bytes 80 to FF in a value",
        fields:
          "Host: a\r\nX: \(String(String.UnicodeScalarView((0x80...0xff).map { Unicode.Scalar(UInt8($0)) })))\r\n",
        200, then: .stays),
    ]

  // MARK: RFC 9112 §3.2, RFC 3986

  static let targets: [RequestRow] =
    [
      "/caf\u{e9}", "/?q=\u{e9}", "/\u{ff}", "/%00", "/a%00b", "/?%00", "/%0a", "/%0d%0a", "/%1f", "/%7f", "/%zz",
      "/%", "/%4", "/?%zz", "/..", "/../a", "/a/..", "/a/../b", "/%2e%2e", "/a/%2E./b", "http://u@a/", "http:///",
      "ftp://a/", "a", "?q",
    ].map { .get("target \($0)", $0, fields: "Host: a\r\n", 400, then: .stays) }
    + [
      RequestRow("a raw control in the target", "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow("a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow("a tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      RequestRow(
        "the target's host wins", "GET http://b:8/host HTTP/1.1\r\nHost: a\r\n\r\n", 200, then: .stays, text: "b:8"),
      RequestRow(
        "in any case of the scheme", "GET HTTPS://B/host?q HTTP/1.1\r\nHost: a\r\n\r\n", 200, then: .stays, text: "B"),
      RequestRow("without it the field's", "GET /host HTTP/1.1\r\nHost: a:80\r\n\r\n", 200, then: .stays, text: "a:80"),
      RequestRow(
        "absolute without a path", "GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", 200, then: .stays, text: "hello\n"),
      RequestRow("absolute without a Host", "GET http://b/ HTTP/1.1\r\n\r\n", 400, then: .closes),
      RequestRow(
        "an escaped slash", "GET /items/a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", 200, then: .stays, text: "/items/a%2Fb"),
      RequestRow(
        "an escaped letter", "GET /%69tems/1 HTTP/1.1\r\nHost: a\r\n\r\n", 200, then: .stays, text: "/items/1"),
    ]

  // MARK: RFC 9110 §9

  static let methods: [RequestRow] =
    [
      ("*", "GET, HEAD, POST, OPTIONS"), ("/", "GET, HEAD, OPTIONS"), ("/echo", "POST, OPTIONS"),
      ("/items/1", "GET, HEAD, OPTIONS"),
    ].map { RequestRow("OPTIONS \($0)", "OPTIONS \($0) HTTP/1.1\r\nHost: a\r\n\r\n", 204, then: .stays, allow: $1) }
    + ["GET", "HEAD", "POST", "TRACE", "CONNECT", "BREW"].map {
      RequestRow("\($0) *", "\($0) * HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes)
    }
    + ["BREW", "get", "Get", "GETT", "X!#$%&'*+-.^_`|~", String(repeating: "M", count: 32)].map {
      RequestRow("\($0) /", "\($0) / HTTP/1.1\r\nHost: a\r\n\r\n", 501, then: .stays)
    }
    + [String(repeating: "M", count: 33), String(repeating: "M", count: 5000), "G(T", "G\u{e9}T", "G\0T"].map {
      RequestRow("\($0.prefix(40)) /", "\($0) / HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes)
    }
    + ["TRACE", "POST", "PUT", "PATCH", "DELETE"].map {
      RequestRow(
        "\($0) /", "\($0) / HTTP/1.1\r\nHost: a\r\n\r\n", 405, then: .stays, allow: "GET, HEAD, OPTIONS")
    }
    + [
      RequestRow("GET /echo", "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 405, then: .stays, allow: "POST, OPTIONS"),
      RequestRow("HEAD /echo", "HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n", 405, then: .stays, allow: "POST, OPTIONS"),
      RequestRow(
        "TRACE nowhere", "TRACE /none HTTP/1.1\r\nHost: a\r\n\r\n", 405, then: .stays,
        allow: "GET, HEAD, POST, OPTIONS"),
      RequestRow("GET nowhere", "GET /none HTTP/1.1\r\nHost: a\r\n\r\n", 404, then: .stays),
      RequestRow(
        "CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405, then: .closes,
        allow: "GET, HEAD, POST, OPTIONS"),
      RequestRow(
        "CONNECT and what follows", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        405, then: .closes, allow: "GET, HEAD, POST, OPTIONS"),
      RequestRow("CONNECT without a port", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", 400, then: .closes),
      // The rest is read and dropped, and the connection kept.
      RequestRow(
        "404 before a body", "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 404, then: .stays),
      RequestRow(
        "405 before a chunked body",
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 405, then: .stays,
        allow: "GET, HEAD, OPTIONS"),
    ]

  // MARK: RFC 9110 §2.5

  static let versions: [RequestRow] =
    ["HTTP/2", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9"].map {
      RequestRow($0, "GET / \($0)\r\nHost: a\r\n\r\n", 505, then: .closes)
    }
    + [
      RequestRow("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, then: .closes),
      RequestRow("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 200, then: .stays),
      RequestRow("HTTP/1.9 without a Host", "GET / HTTP/1.9\r\n\r\n", 400, then: .closes),
      RequestRow("HTTP/0.9", "GET /\r\n", 400, then: .closes),
      RequestRow("a hello of TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}", 400, then: .closes),
    ]
    + [
      "HTTP/0.9", "HTTP/1", "HTTP/1.", "HTTP/1.1.1", "HTTP/11", "HTTP/01.1", "http/1.1", "HTTP/1.x", "HTTPS/1.1",
      "HTTP /1.1", "HTTP/1.1 ", "ICY",
    ].map { RequestRow("version \"\($0)\"", "GET / \($0)\r\nHost: a\r\n\r\n", 400, then: .closes) }

  // MARK: RFC 9110 §10.1.1

  static let expectations: [RequestRow] =
    [
      .post("a body that waits", fields: "Expect: 100-continue\r\nContent-Length: 0\r\n", 200, then: .stays),
      RequestRow(
        "a body that does not wait",
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-CONTINUE\r\nContent-Length: 2\r\n\r\nhi", 100, 200, then: .stays,
        text: "hi"),
      RequestRow(
        "404 instead of 100", "POST /none HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        404,
        then: .closes),
      RequestRow(
        "405 instead of 100", "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", 405,
        then: .closes, allow: "GET, HEAD, OPTIONS"),
      .post("413 instead of 100", fields: "Expect: 100-continue\r\nContent-Length: 1048577\r\n", 413, then: .closes),
      RequestRow("without a body", "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", 200, then: .stays),
    ]
    + ["200-ok", "100-continue, x", "x, 100-continue", "100-continue;a", "100", "\"100-continue\"", ""].flatMap {
      [
        .get("Expect \"\($0)\"", fields: "Host: a\r\nExpect: \($0)\r\n", 417, then: .stays),
        // The body is held back: the answer cannot wait for it.
        .post("Expect \"\($0)\" with a length", fields: "Expect: \($0)\r\nContent-Length: 2\r\n", 417, then: .closes),
        .post(
          "Expect \"\($0)\" with chunks", fields: "Expect: \($0)\r\nTransfer-Encoding: chunked\r\n", 417, then: .closes),
        .post(
          "Expect \"\($0)\" with a body that comes", fields: "Expect: \($0)\r\nContent-Length: 2\r\n", body: "hi", 417,
          then: .closes),
        RequestRow(
          "Expect \"\($0)\" on HTTP/1.0",
          "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nExpect: \($0)\r\nContent-Length: 2\r\n\r\nhi", 200,
          then: .stays, text: "hi"),
      ]
    }

  // MARK: Limits

  static let limits: [RequestRow] = [
    .get("request line of 8 KiB", "/?\(String(repeating: "a", count: 8177))", fields: "Host: a\r\n", 200, then: .stays),
    .get(
      "request line above 8 KiB", "/?\(String(repeating: "a", count: 8178))", fields: "Host: a\r\n", 414, then: .closes),
    RequestRow("endless request line", "GET /" + String(repeating: "a", count: 1_000_000), 414, then: .closes),
    .get(
      "header section of 16 KiB", fields: "Host: a\r\nX: \(String(repeating: "a", count: 16_370))\r\n", 200,
      then: .stays),
    .get(
      "header section above 16 KiB", fields: "Host: a\r\nX: \(String(repeating: "a", count: 16_371))\r\n", 431,
      then: .closes),
    RequestRow("endless field", "GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 1_000_000), 431, then: .closes),
    .get("100 fields", fields: "Host: a\r\n\(String(repeating: "X: y\r\n", count: 99))", 200, then: .stays),
    .get("101 fields", fields: "Host: a\r\n\(String(repeating: "X: y\r\n", count: 100))", 431, then: .closes),
    .post(
      "body of 1 MiB", fields: "Content-Length: 1048576\r\n", body: String(repeating: "x", count: 1_048_576), 200,
      then: .stays),
    .post(
      "body above 1 MiB, sent", fields: "Content-Length: 1048577\r\n", body: String(repeating: "x", count: 1_048_577),
      413, then: .closes),
  ]

  // MARK: RFC 9112 §9.3

  static let persistence: [RequestRow] =
    ["close", "Close", "foo, CLOSE", "close, keep-alive", "foo\r\nConnection: close", ",,close"].map {
      .get("Connection \"\($0)\"", fields: "Host: a\r\nConnection: \($0)\r\n", 200, then: .closes)
    }
    + ["keep-alive", "foo", "closed", "not-close", ""].map {
      .get("Connection \"\($0)\"", fields: "Host: a\r\nConnection: \($0)\r\n", 200, then: .stays)
    }
    + [
      RequestRow("HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 200, then: .closes),
      RequestRow(
        "HTTP/1.0 that asks for more", "GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n", 200, then: .stays),
      RequestRow(
        "HTTP/1.0 that asks for both", "GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n", 200, then: .closes),
      RequestRow("204", "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n", 204, then: .stays, text: ""),
      RequestRow("304", "GET /unchanged HTTP/1.1\r\nHost: a\r\n\r\n", 304, then: .stays, text: ""),
      RequestRow("HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, then: .stays, text: ""),
      RequestRow("HEAD of what is refused", "HEAD / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, then: .closes, text: ""),
    ]
}
