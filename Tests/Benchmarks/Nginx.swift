/// One worker that gives `answer` with every field that nginx does not write itself. What Vitrine makes anew for each
/// answer (a request id) is a constant here, which errs in nginx's favour.
func nginxConfiguration(answering answer: Answer, port: Int, logs: Bool, more: String) -> String {
  let own: Set = ["date", "server", "connection", "content-length", "content-type"]
  let fields = answer.fields.filter { !own.contains($0.name.lowercased()) }
    .map { "      add_header \($0.name) \(quoted($0.value));\n" }.joined()
  // A parameter has at most 4 KB.
  let parts = stride(from: 0, to: answer.body.count, by: 2000).map { start in
    quoted(String(decoding: answer.body[start..<min(start + 2000, answer.body.count)], as: UTF8.self))
  }
  let variables = parts.enumerated().map { "        set $part\($0) \($1);\n" }.joined()
  let body = parts.count == 1 ? parts[0] : "\"" + parts.indices.map { "$part\($0)" }.joined() + "\""
  let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "  \($0)_temp_path \($0);\n" }.joined()
  return """
    daemon off;
    master_process off;
    worker_processes 1;
    pid nginx.pid;
    events { worker_connections 20000; }
    http {
    \(temporary)
      # nginx has no escape for a dollar sign in a value.
      geo $dollar { default "$"; }
      # The fields of Vitrine's line for a request without a trace or a user agent.
      log_format fields escape=json '{"time":"$time_iso8601","level":"info","message":"request",'
        '"method":"$request_method","path":"$uri","route":"$uri","status":$status,"bytes":$body_bytes_sent,'
        '"duration":$request_time,"client":"$remote_addr","requestId":"$request_id"}';
      access_log \(logs ? "/dev/null fields" : "off");
      server_tokens off;
      keepalive_requests 1000000000;
      keepalive_timeout 1h;
      default_type \(quoted(answer.value(of: "content-type") ?? "text/plain"));
      server {
        listen 127.0.0.1:\(port) reuseport backlog=4096;
        \(more)
    \(parts.count > 1 ? variables : "")
    \(fields)
        location / { return 200 \(body); }
      }
    }

    """
}

private func quoted(_ value: String) -> String {
  let escaped = value.map { character in
    switch character {
    case "\"", "\\": "\\\(character)"
    case "$": "${dollar}"
    default: String(character)
    }
  }
  return "\"" + escaped.joined() + "\""
}
