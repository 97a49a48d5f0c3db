private import Glibc

/// Folders, and names moved between them, with errors that say what was tried where.
package enum SystemFolder {
  /// Makes a folder and those above it, where they are missing.
  package static func make(_ path: String) throws(DataFileError) {
    if isFolder(path) { return }
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try make(String(path[..<slash])) }
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw .system(action: "make", path: path, errno: errno) }
    guard isFolder(path) else { throw .system(action: "make", path: path, errno: ENOTDIR) }
  }

  /// Whether it is there and a folder, or a link to one.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Bytes of a regular file, or of what a link leads to; nil where there is none.
  package static func fileBytes(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Names of what is in a folder, sorted by their bytes, without `.` and `..`.
  package static func names(in path: String) throws(DataFileError) -> [String] {
    guard let stream = opendir(path) else { throw .system(action: "list", path: path, errno: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      // SAFETY: the system ends the name with a zero inside the entry, which is alive until the next `readdir`.
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    if errno != 0 { throw .system(action: "list", path: path, errno: errno) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Waits until the disk has the names in a folder.
  package static func synchronise(_ path: String) throws(DataFileError) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder < 0 { throw .system(action: "open", path: path, errno: errno) }
    defer { close(folder) }
    // A file system that cannot do that (EINVAL) has no better to offer.
    if fsync(folder) != 0, errno != EINVAL { throw .system(action: "save", path: path, errno: errno) }
  }

  /// Gives a file or folder another name on the same file system; a file of that name is replaced.
  package static func move(_ path: String, to other: String) throws(DataFileError) {
    if rename(path, other) != 0 { throw .system(action: "rename", path: path, errno: errno) }
  }

  /// Removes a file, a link, or a folder with everything in it; links in it are not followed. What is not there need
  /// not be removed.
  package static func remove(_ path: String) throws(DataFileError) {
    var status = stat()
    if lstat(path, &status) != 0 {
      if errno == ENOENT { return }
      throw .system(action: "remove", path: path, errno: errno)
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in try names(in: path) { try remove("\(path)/\(name)") }
      if rmdir(path) != 0 { throw .system(action: "remove", path: path, errno: errno) }
    } else if unlink(path) != 0 {
      throw .system(action: "remove", path: path, errno: errno)
    }
  }
}
