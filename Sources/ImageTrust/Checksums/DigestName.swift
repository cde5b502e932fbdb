import BlockIO

/// The digest that somebody names, in a line, a heading or the name of a file.
enum DigestName: Hashable {
  case known(DigestAlgorithm)
  /// One that burin does not compute.
  case unknown

  init(_ name: String) {
    do throws(ChecksumTextError) { self = .known(try ExpectedChecksum.algorithm(named: name[...])) } catch {
      self = .unknown
    }
  }

  /// The digest that a line of this length was made with; nil where that cannot be said.
  /// - Parameter hint: what stands above the line, or what the file is called after.
  static func algorithm(of line: ChecksumLine, hint: DigestName?) -> DigestAlgorithm? {
    switch (line.method, hint) {
    case (.stated(.unknown), _): return nil
    case (.stated(.known(let algorithm)), _):
      return algorithm.byteCount == line.digest.count ? algorithm : nil
    case (.unstated, .unknown?): return nil
    case (.unstated, .known(let algorithm)?) where algorithm.byteCount == line.digest.count: return algorithm
    case (.unstated, .known(let algorithm)?) where !algorithm.isToldByLength:
      // BLAKE2b and SHA-3 come in lengths that other digests have too.
      return nil
    case (.unstated, _): return ExpectedChecksum.algorithm(ofByteCount: line.digest.count)
    }
  }
}

extension DigestAlgorithm {
  /// Whether its digests are known by nothing but their length.
  fileprivate var isToldByLength: Bool {
    switch self {
    case .md5, .sha1, .sha224, .sha256, .sha384, .sha512: true
    case .sha3x224, .sha3x256, .sha3x384, .sha3x512, .blake2b: false
    }
  }
}
