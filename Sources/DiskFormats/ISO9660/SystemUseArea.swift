import BlockIO

/// The entries of a System Use area, continued elsewhere where it says so (SUSP 1.12 section 4).
struct SystemUseArea {
  /// One entry: two letters, then its data behind length and version.
  struct Entry {
    let signature: [UInt8]
    /// The whole entry, so that offsets are those of the specification.
    let reader: ByteReader

    func isSigned(_ text: StaticString) -> Bool {
      signature == Array(text.description.utf8)
    }
  }

  /// How often an area may continue elsewhere; `xorriso` needs one hop for the longest path it makes.
  static let hopLimit = 32

  private(set) var entries: [Entry] = []
  private(set) var anomalies: [TreeAnomaly] = []

  /// Reads an area and its continuations.
  init(
    _ area: ByteReader, skipping skip: Int, in bytes: any RandomAccessBytes, blockSize: UInt64
  ) throws(FormatError) {
    var area: ByteReader? = area
    var position = skip
    var hops = 0
    while let current = area {
      area = nil
      let continuation = scan(current, from: position)
      position = 0
      guard let continuation else { return }
      hops += 1
      guard hops <= Self.hopLimit else {
        anomalies.append(TreeAnomaly(.endlessContinuation, at: current.base))
        return
      }
      area = try follow(continuation, in: bytes, blockSize: blockSize)
    }
  }

  /// Takes the entries of one area and returns its continuation.
  private mutating func scan(_ area: ByteReader, from start: Int) -> Entry? {
    var position = start
    var continuation: Entry?
    while area.contains(position, count: 4) {
      guard let length = try? Int(area.byte(at: position + 2)), length != 0 || area.bytes[position] != 0
      else { break }
      guard length >= 4, let entry = try? area.slice(at: position, count: length) else {
        anomalies.append(TreeAnomaly(.badSystemUseEntry, at: area.base &+ UInt64(position)))
        break
      }
      position += length
      let found = Entry(signature: Array(entry.bytes.prefix(2)), reader: entry)
      if found.isSigned("ST") { break }
      if found.isSigned("CE") { continuation = found } else { entries.append(found) }
    }
    return continuation
  }

  /// CE: block, offset and length, each in both byte orders (SUSP 1.12 section 5.1).
  private mutating func follow(
    _ entry: Entry, in bytes: any RandomAccessBytes, blockSize: UInt64
  ) throws(FormatError) -> ByteReader? {
    guard let block: UInt32 = try? entry.reader.littleEndian(at: 4),
      let offset: UInt32 = try? entry.reader.littleEndian(at: 12),
      let length: UInt32 = try? entry.reader.littleEndian(at: 20), UInt64(offset) < blockSize,
      UInt64(length) <= blockSize
    else {
      anomalies.append(TreeAnomaly(.badSystemUseEntry, at: entry.reader.base))
      return nil
    }
    let place = UInt64(block) * blockSize + UInt64(offset)
    guard place.end(count: UInt64(length), limit: bytes.byteCount) != nil else {
      anomalies.append(TreeAnomaly(.extentBeyondEnd, at: entry.reader.base))
      return nil
    }
    return try bytes.reader(at: place, count: Int(length))
  }
}
