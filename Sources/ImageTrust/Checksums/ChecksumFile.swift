/// Why a file of checksums says nothing about an image.
public enum ChecksumFileError: Error, Hashable, Sendable {
  /// It holds what no text has.
  case notText
  /// It gives the image two digests of one kind.
  case conflict(ExpectedChecksum, ExpectedChecksum)
  /// It gives several files the image's name, in different directories, and none in its own.
  case ambiguous
}

/// A checksum that a file of checksums gives an image.
public struct ListedChecksum: Hashable, Sendable {
  /// The checksum.
  public let checksum: ExpectedChecksum
  /// What it is the checksum of, by the name in its line.
  public let subject: ChecksumSubject
  /// The name in its line where that is not the image's; foreign text.
  public let otherName: String?
  /// The name in its line with its directories, foreign bytes; nil where there is none.
  let path: [UInt8]?
  /// Whether its line names a file beside the list, and none in a directory.
  let isBare: Bool
  /// Whether another line names such a file elsewhere, with another digest.
  fileprivate(set) var isAmbiguous = false
}

/// The names under which an image may be listed.
public struct ImageNames: Hashable, Sendable {
  private var subjects: [[UInt8]: ChecksumSubject] = [:]

  /// Begins without a name.
  public init() {}

  /// The names of a file and, as far as they tell it, of what is in it.
  /// - Parameter isPacked: whether it is compressed, so that what is in it has a name of its own.
  init(_ names: [String], isPacked: Bool) {
    for name in names {
      add(name, isPacked ? .file : .image)
      if isPacked, let inner = BesideName.withoutPacking(name) { add(inner, .image) }
    }
  }

  /// Adds a name, without directories.
  public mutating func add(_ name: String, _ subject: ChecksumSubject) {
    let bytes = Array(name.utf8)
    if subjects[bytes] == nil { subjects[bytes] = subject }
  }

  /// The names of the file, or of what is in it.
  func names(of subject: ChecksumSubject) -> [String] {
    subjects.filter { $0.value == subject }.map { String(decoding: $0.key, as: UTF8.self) }
  }

  /// Whether one of them stands anywhere in a text.
  func areMentioned(in text: [UInt8]) -> Bool {
    let text = String(decoding: text, as: UTF8.self)
    return subjects.keys.contains { text.contains(String(decoding: $0, as: UTF8.self)) }
  }

  fileprivate func subject(_ name: [UInt8]) -> ChecksumSubject? { subjects[name] }
}

/// The text of a checksum file: GNU lines, BSD lines, comments; of foreign origin throughout.
public enum ChecksumFile {
  /// The longest file that is read, in bytes; the longest of real ones have some hundred kilobytes.
  static let limit = 16 << 20
  /// The longest line, in bytes: a name of 4096 bytes, each of them escaped, and the longest digest.
  static let longestLine = 8448

  /// Finds the checksums of an image.
  /// - Parameters:
  ///   - hint: what the file is called after.
  ///   - whole: what the only checksum of the file is the checksum of, whatever the line says; nil where only names
  ///     count.
  /// - Throws: ``ChecksumFileError``: of two digests for one name nobody can tell which is right.
  static func checksums(
    of names: ImageNames, in text: [UInt8], hint: DigestName?, whole: ChecksumSubject?
  ) throws(ChecksumFileError) -> [ListedChecksum] {
    guard !text.contains(0) else { throw .notText }
    var found: [ListedChecksum] = []
    var count = 0
    var only: ListedChecksum?
    var hint = hint
    for line in lines(of: text) where line.count <= longestLine {
      if line.first == UInt8(ascii: "#") {
        hint = heading(line) ?? hint
        continue
      }
      guard let line = ChecksumLine(line) else { continue }
      count += 1
      guard let checksum = checksum(in: line, hint: hint) else { continue }
      let subject = line.name.flatMap(names.subject)
      let listed = ListedChecksum(
        checksum: checksum, subject: subject ?? whole ?? .image,
        otherName: subject == nil ? line.name.map { String(decoding: $0, as: UTF8.self) } : nil,
        path: line.path, isBare: line.isBare)
      if count == 1 { only = listed }
      guard subject != nil else { continue }
      try add(listed, to: &found)
    }
    guard !found.contains(where: \.isAmbiguous) else { throw .ambiguous }
    // A file that is called after the image and holds a single checksum means the image, whatever its maker called
    // that: `Current.iso.sha256` names the snapshot.
    if found.isEmpty, count == 1, whole != nil, let only { return [only] }
    return found
  }

  /// Whether a line is meant for an image, with whatever checksum: by the name in it, or as the only one of a file
  /// that is called after the image.
  static func hasLine(for names: ImageNames, in text: [UInt8], whole: ChecksumSubject?) -> Bool {
    let lines = lines(of: text).filter { $0.count <= longestLine && $0.first != UInt8(ascii: "#") }
    let own = lines.contains { ChecksumLine.name(in: $0).flatMap(names.subject) != nil }
    return own || whole != nil && lines.count == 1
  }

  /// What stands around words.
  private static let marks = Set("\t \"'()[]{}<>=:;,|*".utf8)

  /// Whether a name of an image stands as a word in a line that is no comment, whatever else is in it.
  static func hasStrangeLine(for names: ImageNames, in text: [UInt8]) -> Bool {
    lines(of: text).contains { line in
      guard line.count <= longestLine, line.first != UInt8(ascii: "#") else { return false }
      return line.split(whereSeparator: marks.contains).contains { word in
        word.split(separator: UInt8(ascii: "/")).last.flatMap { names.subject(Array($0)) } != nil
      }
    }
  }

  /// Whether a line is meant for an image as those are that have a checksum, and has none that can be used.
  /// - Parameter found: the checksums that were found.
  static func hasUnusableLine(
    for names: ImageNames, in text: [UInt8], hint: DigestName?, whole: ChecksumSubject?,
    beside found: [ListedChecksum]
  ) -> Bool {
    var hint = hint
    for bytes in lines(of: text) where bytes.count <= longestLine {
      if bytes.first == UInt8(ascii: "#") {
        hint = heading(bytes) ?? hint
        continue
      }
      guard let (name, isBare) = ChecksumLine.attempt(in: bytes) else { continue }
      // Without a name, it can be meant for nothing but what the file is called after.
      let meant: ChecksumSubject? = if let name { names.subject(name) } else { whole }
      guard let subject = meant else { continue }
      if let line = ChecksumLine(bytes), checksum(in: line, hint: hint) != nil { continue }
      // Of files with the image's name, the one in no directory is meant.
      if isBare || !found.contains(where: { $0.subject == subject && $0.isBare }) { return true }
    }
    return false
  }

  private static func checksum(in line: ChecksumLine, hint: DigestName?) -> ExpectedChecksum? {
    DigestName.algorithm(of: line, hint: hint).flatMap { try? ExpectedChecksum($0, line.digest) }
  }

  /// Finds the checksums of an image in a file beside it, whatever that is called.
  public static func checksums(
    of names: ImageNames, in text: [UInt8]
  ) throws(ChecksumFileError) -> [ListedChecksum] {
    try checksums(of: names, in: text, hint: nil, whole: .image)
  }

  private static func add(
    _ listed: ListedChecksum, to found: inout [ListedChecksum]
  ) throws(ChecksumFileError) {
    let place = found.firstIndex {
      $0.subject == listed.subject && $0.checksum.algorithm == listed.checksum.algorithm
    }
    guard let place else { return found.append(listed) }
    let same = found[place]
    if same.isBare != listed.isBare {
      // The image lies beside the list: of files with its name, the one in no directory is meant.
      if listed.isBare { found[place] = listed }
    } else if same.checksum != listed.checksum {
      guard same.path != listed.path, !listed.isBare else { throw .conflict(same.checksum, listed.checksum) }
      found[place].isAmbiguous = true
    }
  }

  /// The lines without their ends, which may be those of other systems, and without a byte order mark.
  static func lines(of text: [UInt8]) -> [ArraySlice<UInt8>] {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let body = text.starts(with: mark) ? text[mark.count...] : text[...]
    return body.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
  }

  /// `# SHA512 HASH`, as Gentoo's lists have it above the lines of each digest.
  private static func heading(_ line: ArraySlice<UInt8>) -> DigestName? {
    let words = line.dropFirst().split(separator: UInt8(ascii: " "))
    guard words.count == 2, words[1].elementsEqual("HASH".utf8) else { return nil }
    return DigestName(String(decoding: words[0], as: UTF8.self))
  }
}
