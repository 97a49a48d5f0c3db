/// A plot: a picture, what it shows in words, and the numbers behind it.
///
/// **What is not a number** (NaN, infinite, or not above zero on a logarithmic axis) is a gap in every plot: it is not
/// drawn, a line breaks there, and its cell in the CSV is empty. No plot traps on it, for a run that diverged is one
/// whose report is wanted most.
package protocol Plot: Sendable {
  var labels: PlotLabels { get }
  /// The numbers, complete even where the picture draws fewer.
  var table: DataTable { get }
  /// The elements of the picture.
  func draw() -> PlotDrawing
}

/// How a plot is named.
package struct PlotLabels: Sendable, Equatable {
  /// The stem of its files and its mark in a page: lower-case letters, digits, `_` and `-`.
  package let name: String
  /// Above the picture.
  package var title: String
  /// What is to be seen, for readers who cannot see it and below the picture.
  package var caption: String

  /// - Precondition: `name` is not empty and of the characters above, for it becomes a file name.
  package init(name: String, title: String, caption: String) {
    let isPlain = name.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x2D
    }
    precondition(isPlain && !name.isEmpty, "a plot's name has lower-case letters, digits, _ and - only: \(name)")
    self.name = name
    self.title = title
    self.caption = caption
  }
}

/// A finished picture without what stands around it.
package struct PlotDrawing: Sendable {
  let width: Double
  let height: Double
  let elements: String

  init(_ canvas: Canvas) {
    width = canvas.width
    height = canvas.height
    elements = canvas.elements
  }
}

extension Plot {
  /// A file of its own, with its style; light or dark as its viewer is.
  package var svg: String { markup(alone: true) }

  /// A part of a page that has `Palette.style` itself.
  var inlineSVG: String { markup(alone: false) }

  /// The numbers behind the picture.
  package var csv: String { table.csv }

  private func markup(alone: Bool) -> String {
    let drawing = draw()
    let (width, height) = (Canvas.length(drawing.width), Canvas.length(drawing.height))
    let name = labels.name
    var text = alone ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" : ""
    text += "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\""
    text += " height=\"\(height)\" class=\"pr-plot\" role=\"img\" aria-labelledby=\"\(name)-title \(name)-desc\">\n"
    text += "<title id=\"\(name)-title\">\(Markup.escapedLine(labels.title))</title>\n"
    text += "<desc id=\"\(name)-desc\">\(Markup.escapedLine(labels.caption))</desc>\n"
    if alone {
      // Only ">" of what a style sheet has could trouble an XML reader, and only after "]]": there is none.
      text += "<style>\n\(Palette.style)</style>\n<rect width=\"\(width)\" height=\"\(height)\" class=\"pr-paper\"/>\n"
    }
    return text + drawing.elements + "</svg>\n"
  }
}

/// A level to compare with, such as the accuracy of a coin.
package struct ReferenceLine: Sendable, Equatable {
  package var name: String
  package var value: Double

  package init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

/// A number with what is known of its exactness.
package struct Estimate: Sendable, Equatable {
  package var value: Double
  package var low: Double?
  package var high: Double?
  /// Of how many.
  package var n: Int?

  package init(_ value: Double, low: Double? = nil, high: Double? = nil, n: Int? = nil) {
    self.value = value
    self.low = low
    self.high = high
    self.n = n
  }

  package init(_ value: Double, interval: ClosedRange<Double>?, n: Int? = nil) {
    self.init(value, low: interval?.lowerBound, high: interval?.upperBound, n: n)
  }

  /// The ends, where both are numbers.
  var interval: (low: Double, high: Double)? {
    guard let low, let high, low.isFinite, high.isFinite else { return nil }
    return (low, high)
  }
}
