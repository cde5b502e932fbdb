public import BlockIO
public import DiskFormats

/// A file that a list in an image names, and the digest that it should have.
public struct ListedFile: Hashable, Sendable {
  /// Its path from the root, with slashes; foreign bytes.
  public let path: [UInt8]
  /// The digest that it was listed with.
  public let algorithm: DigestAlgorithm
  /// The digest itself.
  public let digest: [UInt8]

  /// Creates an entry from its parts.
  public init(path: [UInt8], algorithm: DigestAlgorithm, digest: [UInt8]) {
    self.path = path
    self.algorithm = algorithm
    self.digest = digest
  }
}

/// What came of a list of checksums in an image, of the files beside it.
public struct TreeSums: Hashable, Sendable {
  /// The name of the list; foreign text.
  public internal(set) var list: String
  /// How many files have their digest.
  public internal(set) var matchingCount: UInt64 = 0
  /// How many have another one.
  public internal(set) var wrongCount: UInt64 = 0
  /// How many are not there.
  public internal(set) var missingCount: UInt64 = 0
  /// How many were left out: what mastering an image changes, and what this machine has no digest for.
  public internal(set) var leftOutCount: UInt64 = 0
  /// The first of those that are wrong; foreign text.
  public internal(set) var wrong: [String] = []
  /// The first of those that are not there; foreign text.
  public internal(set) var missing: [String] = []

  /// The most names that are kept of each kind, of files with something wrong.
  static let mostNames = 8
  /// The longest name that is kept, in bytes.
  static let longestName = 1024

  init(list: String) { self.list = list }

  /// Whether it shows that the image is damaged.
  public var isWrong: Bool { wrongCount + missingCount > 0 }
}

extension TreeSums: Transferable {
  /// The value as bytes, for a process that does not trust this one.
  public var transferBytes: [UInt8] {
    var bytes: [UInt8] = []
    transfer(to: &bytes)
    return bytes
  }

  /// Reads ``transferBytes``.
  /// - Throws: `FormatError` for anything that those never are.
  public init(transferBytes: [UInt8]) throws(FormatError) {
    var reader = TransferReader(transferBytes)
    try self.init(from: &reader)
    guard reader.remaining == 0 else { throw reader.malformed() }
  }

  func transfer(to bytes: inout [UInt8]) {
    list.transfer(to: &bytes)
    for count in [matchingCount, wrongCount, missingCount, leftOutCount] { count.transfer(to: &bytes) }
    wrong.transfer(to: &bytes)
    missing.transfer(to: &bytes)
  }

  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(list: try String(from: &reader))
    matchingCount = try reader.number()
    wrongCount = try reader.number()
    missingCount = try reader.number()
    leftOutCount = try reader.number()
    wrong = try [String](from: &reader)
    missing = try [String](from: &reader)
    let counts = [matchingCount, wrongCount, missingCount, leftOutCount]
    guard counts.allSatisfy({ $0 <= UInt64(UInt32.max) }), wrong.count <= Self.mostNames,
      missing.count <= Self.mostNames, wrong.isEmpty == (wrongCount == 0),
      missing.isEmpty == (missingCount == 0)
    else { throw reader.malformed() }
  }
}
