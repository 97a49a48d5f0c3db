private import CBuildInfo

/// Which build this is.
package enum BuildInfo {
  package static let version = "0.1.0"
  /// The commit it was built from, abbreviated; "+" marks uncommitted changes.
  package static let commit = String(cString: cbi_commit())
}
