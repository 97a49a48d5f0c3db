/// One page that needs nothing else: no script, no font and no picture from anywhere. It can be mailed or put beside a
/// record, and shows the same in ten years.
///
/// The page is also well-formed XML, and its bytes are a function of what it was given: the caller states version and
/// date.
package struct HTMLReport: Sendable {
  /// What made the page, for its last lines.
  package struct Origin: Sendable, Equatable {
    package var program: String
    package var version: String
    package var commit: String
    /// As it was typed; the caller leaves secrets out.
    package var commandLine: String
    package var date: String

    package init(program: String, version: String, commit: String, commandLine: String, date: String) {
      self.program = program
      self.version = version
      self.commit = commit
      self.commandLine = commandLine
      self.date = date
    }
  }

  /// A text shown as it stands.
  package struct Example: Sendable, Equatable {
    package var label: String
    package var text: String

    package init(_ label: String, _ text: String) {
      self.label = label
      self.text = text
    }
  }

  package var title: String
  /// Below the title, in one sentence.
  package var subtitle: String
  package var origin: Origin
  /// Figures in the order they came; their names are unique.
  package private(set) var figures: [any Plot] = []
  private var body = ""
  private var contents: [String] = []
  private var exampleGroups = 0

  package init(title: String, subtitle: String, origin: Origin) {
    self.title = title
    self.subtitle = subtitle
    self.origin = origin
  }

  /// Begins a section; the list at the top leads to it.
  package mutating func addSection(_ title: String) {
    contents.append(title)
    body += "<h2 id=\"section-\(contents.count)\">\(Markup.escaped(title))</h2>\n"
  }

  /// A heading within a section.
  package mutating func addHeading(_ title: String) { body += "<h3>\(Markup.escaped(title))</h3>\n" }

  package mutating func addParagraph(_ text: String) { body += "<p>\(Markup.escaped(text))</p>\n" }

  /// A warning or a remark that must not be passed over.
  package mutating func addNote(_ text: String) { body += "<p class=\"note\">\(Markup.escaped(text))</p>\n" }

  package mutating func addList(_ items: [String]) {
    if items.isEmpty { return }
    body += "<ul>\n" + items.map { "<li>\(Markup.escaped($0))</li>\n" }.joined() + "</ul>\n"
  }

  package mutating func addTable(_ table: DataTable, caption: String? = nil, rowsMax: Int = 1000) {
    body += table.html(caption: caption, rowsMax: rowsMax)
  }

  /// The few numbers that say most, large.
  package mutating func addHeadline(_ values: [(name: String, value: String, note: String)]) {
    body += "<dl class=\"headline\">\n"
    for item in values {
      body += "<div><dt>\(Markup.escaped(item.name))</dt><dd>\(Markup.escaped(item.value))"
      body += "<small>\(Markup.escaped(item.note))</small></dd></div>\n"
    }
    body += "</dl>\n"
  }

  /// Names and what they stand for.
  package mutating func addKeyValues(_ pairs: [(key: String, value: String)]) {
    body += "<dl class=\"pairs\">\n"
    for pair in pairs { body += "<dt>\(Markup.escaped(pair.key))</dt><dd>\(Markup.escaped(pair.value))</dd>\n" }
    body += "</dl>\n"
  }

  /// A plot with its caption and, folded away, its numbers.
  ///
  /// - Precondition: no earlier figure has its name.
  package mutating func addFigure(_ plot: some Plot) {
    precondition(!figures.contains { $0.labels.name == plot.labels.name }, "two figures \(plot.labels.name)")
    figures.append(plot)
    body += "<figure id=\"\(plot.labels.name)\">\n\(plot.inlineSVG)"
    body += "<figcaption>\(Markup.escaped(plot.labels.caption))</figcaption>\n"
    body += "<details><summary>Numbers (\(plot.labels.name).csv)</summary>\n"
    body += "\(plot.table.html(caption: nil, rowsMax: 200))</details>\n</figure>\n"
  }

  /// Texts that belong together, folded away under one line.
  package mutating func addExamples(_ title: String, _ examples: [Example], isOpen: Bool = false) {
    body += "<details class=\"examples\"\(isOpen ? " open=\"open\"" : "")><summary>\(Markup.escaped(title))</summary>\n"
    for example in examples {
      body += "<h4>\(Markup.escaped(example.label))</h4>\n<pre>\(Markup.escaped(example.text))</pre>\n"
    }
    body += "</details>\n"
  }

  /// The page.
  package var html: String {
    var text = "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
    text += "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    text += "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>\(Markup.escaped(title))</title>\n"
    text += "<style>\n\(PageStyle.text)\(Palette.style)</style>\n</head>\n<body>\n<header>\n"
    text += "<h1>\(Markup.escaped(title))</h1>\n<p class=\"subtitle\">\(Markup.escaped(subtitle))</p>\n</header>\n"
    if contents.count > 1 {
      text += "<nav aria-label=\"Contents\"><ol>\n"
      for (index, name) in contents.enumerated() {
        text += "<li><a href=\"#section-\(index + 1)\">\(Markup.escaped(name))</a></li>\n"
      }
      text += "</ol></nav>\n"
    }
    text += "<main>\n\(body)</main>\n<footer>\n<p>\(Markup.escaped(origin.program)) "
    text += "\(Markup.escaped(origin.version)) (\(Markup.escaped(origin.commit))), \(Markup.escaped(origin.date))</p>\n"
    text += "<pre>\(Markup.escaped(origin.commandLine))</pre>\n</footer>\n</body>\n</html>\n"
    return text
  }
}
