import Stylometry

/// How a mark of style is spoken of: as a criterion, as a heading, and among reasons.
///
/// Only the features of the evidence block are marks. The names are those of its lines, so that a model that reads them
/// finds the numbers.
struct MarkWording {
  /// In the plural, lower case: "long words". What a conclusion names.
  let noun: String
  /// Stands between a number and what is counted: "%" of "29 % long words"; empty where nothing does.
  let unit: String
  /// Behind the number where the criterion is named: "per 100 words".
  let scale: String
  /// Whoever writes more of it, or less, than most: "longer sentences".
  let more: String
  let less: String
  let ordinary: String
  let hardlyAny: String

  private init(
    _ noun: String, unit: String = "", scale: String = "per 100 words", more: String? = nil, less: String? = nil,
    ordinary: String? = nil
  ) {
    self.noun = noun
    self.unit = unit
    self.scale = scale
    self.more = more ?? "more \(noun)"
    self.less = less ?? "fewer \(noun)"
    self.ordinary = ordinary ?? "\(noun) at the usual rate"
    hardlyAny = "hardly any \(noun)"
  }

  static func of(_ feature: StyleFeature) -> MarkWording {
    switch feature {
    case .sentenceLength:
      MarkWording(
        "words per sentence", scale: "words per sentence", more: "longer sentences", less: "shorter sentences",
        ordinary: "sentences of the usual length")
    case .longWords: MarkWording("long words", unit: "%", scale: "% of all", ordinary: "the usual share of long words")
    case .smallOpeners:
      MarkWording(
        "lower-case starts", unit: "%", scale: "% of sentences", ordinary: "the usual share of lower-case starts")
    default: MarkWording(feature.name)
    }
  }

  func phrase(_ habit: StyleArgument.Habit) -> String {
    switch habit {
    case .more: more
    case .less: less
    case .hardlyAny: hardlyAny
    case .ordinary: ordinary
    }
  }

  /// A number with what it counts: "7.1 commas", "29 % long words".
  func counted(_ number: String) -> String { "\(measured(number)) \(noun)" }

  /// A number with its unit: "7.1", "29 %".
  func measured(_ number: String) -> String { unit.isEmpty ? number : "\(number) \(unit)" }
}
