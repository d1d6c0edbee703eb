/// What `--help` prints and what the README shows, both made of `Options.groups`.
package enum Usage {
  /// The text of `--help`, at most 100 columns wide, with a newline at its end.
  package static let help: String = {
    var text = """
      Vitrine: a small, very fast HTTP/1.1 service to learn, demonstrate and test a platform with.

      Usage:
        vitrine [serve] [options]       answers requests until SIGTERM
        vitrine check [URL] [options]   makes one request: exit 0 on 200 to 399, else 1;
                                        without a URL it asks this container's own /readyz
        vitrine products import FILE    puts the products of a file into the store, all or none
        vitrine products export [FILE]  writes those of the store to a file or standard output
        vitrine hammer URL [options]    puts a load on a server: exit 0 when no request was lost
        vitrine certificate [NAME …]    writes a self-signed certificate and its key, to try HTTPS with
        vitrine audit [options]         tells how it is confined, with the service's options: exit 1
                                        when something is not as it should be
        vitrine version                 tells version and revision

      Each option is also a variable; the flag wins, an empty variable is an unset one.
      A value stands behind a space or "="; a switch is turned off by --no-NAME.
      Everywhere: --help, -h, --version.

      """
    for group in Options.groups {
      text += "\n\(group.title)\n"
      for option in group.options { text += entry(option) }
    }
    return text
  }()

  /// The README's table in Markdown, one row an option, with a newline at its end.
  package static let markdownTable: String = {
    var text = "| Option | Variable | Value | Default | What it does |\n| --- | --- | --- | --- | --- |\n"
    for option in Options.table {
      text +=
        "| `\(flag(option))` | `\(option.variable)` | \(option.values) | `\(option.defaultText)` | \(option.summary) |\n"
    }
    return text
  }()

  private static func flag(_ option: Option) -> String {
    option.placeholder.map { "--\(option.name) \($0)" } ?? "--\(option.name)"
  }

  private static func entry(_ option: Option) -> String {
    let indent = 4
    let lines =
      wrapped(option.summary, width: 100 - indent)
      + wrapped("\(option.variable), \(option.values), default: \(option.defaultText)", width: 100 - indent)
    return "  \(flag(option))\n" + lines.map { String(repeating: " ", count: indent) + $0 + "\n" }.joined()
  }

  /// Lines of at most `width` characters, broken at spaces.
  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
