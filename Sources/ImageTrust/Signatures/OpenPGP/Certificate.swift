import BlockIO

/// A key of OpenPGP with what belongs to it: names, subkeys, and the signatures that hold it together.
///
/// Nothing of it is judged here. It is looked for by its number, so that the verifier gets those few keys that a
/// signature names, and it can be told from which file they came.
struct Certificate: Hashable, Sendable {
  /// All its packets.
  let bytes: [UInt8]
  /// The fingerprint of the primary key, in digits as GnuPG writes them.
  let fingerprint: String
  /// The first name in it, as the packet has it.
  ///
  /// Foreign text.
  let owner: String
  /// The numbers of its keys, that of the primary key first.
  let keyIDs: [OpenPGPKeyID]

  /// Which of several states of one key is the one to go by.
  struct State: Comparable {
    /// Whether the key is revoked: no later signature takes that back.
    private var isRevoked = false
    /// When its owner has last signed something in it, in seconds since 1970.
    private var latest = 0

    static func < (one: State, other: State) -> Bool {
      one.isRevoked == other.isRevoked ? one.latest < other.latest : other.isRevoked
    }

    /// Takes a signature of the owner into account (RFC 9580, section 5.2.1.12: the class of a revoked key).
    fileprivate mutating func add(kind: UInt8, made: Int) {
      isRevoked = isRevoked || kind == 0x20
      latest = max(latest, made)
    }
  }

  /// Its state.
  ///
  /// A key is extended, and revoked, by signatures of its owner; what others have signed in it changes nothing.
  var state: State {
    var reader = PacketReader(bytes)
    var state = State()
    while let packet = reader.next() {
      guard packet.kind == Packet.Kind.signature else { continue }
      var body = ByteCursor(bytes, from: packet.body.lowerBound, to: packet.body.upperBound)
      guard let version = body.byte(), (4...6).contains(version), let kind = body.byte(),
        body.bytes(2) != nil
      else { continue }
      var parts: [Subpacket] = []
      for _ in 0..<2 {
        guard let length = body.number(byteCount: version == 6 ? 4 : 2), let area = body.range(length) else {
          break
        }
        parts += Subpacket.all(in: bytes, at: area) ?? []
      }
      guard parts.contains(where: { $0.issuer == keyIDs.first }) else { continue }
      state.add(kind: kind, made: parts.compactMap(\.creation).max() ?? 0)
    }
    return state
  }

  /// Reads the keys of a file, binary or armoured.
  /// - Returns: nil where the file holds no key, or anything that is no packet.
  static func all(in file: [UInt8]) -> [Certificate]? {
    guard let first = file.first else { return nil }
    if first & 0x80 != 0 { return certificates(in: file) }
    guard let blocks = Armour.blocks(of: .publicKey, in: file) else { return nil }
    var found: [Certificate] = []
    for block in blocks {
      guard let certificates = certificates(in: block.bytes) else { return nil }
      found += certificates
    }
    return found.isEmpty ? nil : found
  }

  private static func certificates(in packets: [UInt8]) -> [Certificate]? {
    var reader = PacketReader(packets)
    var found: [Certificate] = []
    var current: (start: Int, owner: String?, keys: [(OpenPGPKeyID, String)])?
    func close(at end: Int) {
      guard let part = current, let primary = part.keys.first else { return }
      found.append(
        Certificate(
          bytes: Array(packets[part.start..<end]), fingerprint: primary.1, owner: part.owner ?? "",
          keyIDs: part.keys.map(\.0)))
    }
    while let packet = reader.next() {
      guard packet.kind != Packet.Kind.secretKey else { return nil }
      if packet.kind == Packet.Kind.publicKey {
        close(at: packet.start)
        // A key of a kind that is not known takes what belongs to it along.
        current = fingerprint(of: packets[packet.body]).map { (packet.start, nil, [$0]) }
      } else if packet.kind == Packet.Kind.publicSubkey, let key = fingerprint(of: packets[packet.body]) {
        current?.keys.append(key)
      } else if packet.kind == Packet.Kind.userID, current?.owner == nil {
        current?.owner = String(decoding: packets[packet.body], as: UTF8.self)
      }
    }
    guard reader.isAtEnd else { return nil }
    close(at: packets.count)
    return found.isEmpty ? nil : found
  }

  /// Section 5.5.4: versions 4 and 6, and GnuPG's 5.
  private static func fingerprint(of key: ArraySlice<UInt8>) -> (OpenPGPKeyID, String)? {
    let lengths = (count: key.count, long: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: key.count >> $0) })
    let (algorithm, head): (DigestAlgorithm, [UInt8])
    switch key.first {
    case 4 where lengths.count <= 0xFFFF: (algorithm, head) = (.sha1, [0x99] + lengths.long.suffix(2))
    case 5: (algorithm, head) = (.sha256, [0x9A] + lengths.long)
    case 6: (algorithm, head) = (.sha256, [0x9B] + lengths.long)
    default: return nil
    }
    guard var digest = MessageDigest(algorithm) else { return nil }
    let content = head + key
    digest.update(content.span)
    let bytes = digest.finish()
    let number = key.first == 4 ? Array(bytes.suffix(8)) : Array(bytes.prefix(8))
    return (OpenPGPKeyID(bytes: number), bytes.hexadecimal.uppercased())
  }
}
