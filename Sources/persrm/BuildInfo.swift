private import CBuildInfo

/// Which build this is.
enum BuildInfo {
  static let version = "0.1.0"
  /// The commit it was built from, abbreviated; "+" marks uncommitted changes.
  static let commit = String(cString: cbi_commit())
}
