import DeviceProbe
import DeviceSafety
import Documents
import ImageInspector
import ImageTrust
import Writer

/// The options of a write that change what it does, as a plan holds them.
struct PlannedOptions: Hashable {
  /// What is lifted, by the names of the objections.
  let lifted: Set<Objection.ID>
  let allowsLoop: Bool
  let allowsDamaged: Bool
  let allowsPacked: Bool
  /// The member of an archive that is the image; nil where it is the only one.
  let member: String?
  let digest: DigestChoice
  let probing: CapacityProbing
  let trust: TrustWish
  /// The map that was found or named, and no other.
  var map: MapChoice
  /// What is done when everything is proven.
  let fixesTable: Bool
  let ejects: Bool
  let powersOff: Bool
  let verify: VerifyLevel
  /// Whether only what differs is written.
  let isDelta: Bool
  /// Whether what is about to be lost is saved; nil where a plan does not say, as those of before did not.
  let savesUndo: Bool?

  /// Takes the options of an order that this disk and this image need, and no other.
  ///
  /// What a plan lifts beyond that differs from what is found anew, and is refused: nobody who looked at the plan
  /// could have seen what it is for (R51).
  /// - Parameters:
  ///   - map: the map that the image was opened with.
  ///   - entry: the disk with what the rules say of it; nil for a virtual stick.
  init(_ order: WriteOrder, _ map: OpenedMap?, for entry: DeviceEntry?, _ image: ImageReport) {
    lifted = order.request.lifted.intersection(entry?.assessment.objections.map(\.id) ?? [])
    let isLoop = if case .loop = entry?.device.virtual { true } else { false }
    allowsLoop = order.request.allowsLoop && isLoop
    let needed = Unsuitability(image, path: order.image)?.option
    allowsDamaged = order.allowsDamaged && needed == .allowDamaged
    allowsPacked = order.allowsPacked && needed == .allowPacked
    member = order.member
    digest = order.digest
    probing = order.probing
    trust = order.trust
    self.map = map?.choice ?? .all
    (fixesTable, ejects, powersOff) = (order.fixesTable, order.ejects, order.powersOff)
    (verify, isDelta) = (order.verify, order.isDelta)
    savesUndo = order.tellsUndo ? order.undo != nil : nil
  }

  /// Reads what ``json`` writes; nil for anything else.
  init?(_ json: JSONValue?) {
    guard case .object(let members)? = json, case .array(let names)? = json?["lifted"],
      case .bool(let loop)? = json?["allowLoop"], case .bool(let damaged)? = json?["allowDamaged"],
      case .bool(let packed)? = json?["allowPacked"], case .string(let digest)? = json?["digest"],
      case .bool(let fake)? = json?["allowFake"], case .unsigned(let seed)? = json?["probeSeed"],
      let choice = DigestChoice(rawValue: digest), let trust = TrustWish(json),
      let map = Self.map(json?["bmap"], json?["sparse"]), case .bool(let fixes)? = json?["fixGpt"],
      case .bool(let ejects)? = json?["eject"], case .bool(let powersOff)? = json?["powerOff"],
      let verify = json?["verify"]?.text.flatMap(VerifyLevel.init), case .bool(let isDelta)? = json?["delta"]
    else { return nil }
    switch json?["member"] {
    case .null?: member = nil
    case .string(let name)?: member = name
    default: return nil
    }
    switch (json?["noUndo"], members.count) {
    case (nil, 18): savesUndo = nil
    case (.bool(let savesNothing)?, 19): savesUndo = !savesNothing
    default: return nil
    }
    var lifted: Set<Objection.ID> = []
    for name in names {
      // What no option lifts, a plan does not either.
      guard case .string(let name) = name, let id = Objection.ID(rawValue: name),
        Objection(id, .a, rule: "", text: "").liftingOption != nil
      else { return nil }
      lifted.insert(id)
    }
    self.lifted = lifted
    (allowsLoop, allowsDamaged, allowsPacked, self.digest) = (loop, damaged, packed, choice)
    probing = CapacityProbing(seed: seed, toleratesFake: fake)
    self.trust = trust
    self.map = map
    (fixesTable, self.ejects, self.powersOff) = (fixes, ejects, powersOff)
    (self.verify, self.isDelta) = (verify, isDelta)
  }

  private static func map(_ path: JSONValue?, _ sparse: JSONValue?) -> MapChoice? {
    switch (path, sparse) {
    case (.string(let path)?, .bool(false)?): .file(path)
    case (.null?, .bool(true)?): .sparse
    case (.null?, .bool(false)?): .all
    default: nil
    }
  }

  private var mapPath: String? { if case .file(let path) = map { path } else { nil } }

  /// The entry `options` of a plan.
  var json: JSONValue {
    let told: JSONValue = [
      "lifted": JSONValue(lifted.map(\.rawValue).sorted()), "allowLoop": .bool(allowsLoop),
      "allowDamaged": .bool(allowsDamaged), "allowPacked": .bool(allowsPacked),
      "allowFake": .bool(probing.toleratesFake), "probeSeed": JSONValue(probing.seed),
      "member": JSONValue(member),
      "digest": JSONValue(digest.rawValue), "checksums": JSONValue(trust.checksums.map(\.text)),
      "noChecksumFiles": .bool(trust.ignoresFiles), "keyrings": JSONValue(trust.keyrings),
      "bmap": JSONValue(mapPath), "sparse": .bool(map == .sparse),
      "fixGpt": .bool(fixesTable), "eject": .bool(ejects), "powerOff": .bool(powersOff),
      "verify": JSONValue(verify.rawValue), "delta": .bool(isDelta),
    ]
    guard let savesUndo, case .object(let members) = told,
      case .object(let more) = ["noUndo": .bool(!savesUndo)] as JSONValue
    else { return told }
    return .object(members + more)
  }

  /// The request to the safety rules.
  var request: SafetyRequest { SafetyRequest(lifting: lifted, allowsLoop: allowsLoop) }
}

extension TrustWish {
  /// Reads what the options of a plan say; nil for anything else.
  fileprivate init?(_ options: JSONValue?) {
    guard let checksums = options?["checksums"]?.texts, let keyrings = options?["keyrings"]?.texts,
      case .bool(let ignoresFiles)? = options?["noChecksumFiles"]
    else { return nil }
    let parsed = checksums.compactMap { try? ExpectedChecksum(parsing: $0) }
    guard parsed.count == checksums.count else { return nil }
    self.init(checksums: parsed, ignoresFiles: ignoresFiles, keyrings: keyrings)
  }
}

extension JSONValue {
  /// The texts of an array of nothing else.
  fileprivate var texts: [String]? {
    guard case .array(let values) = self else { return nil }
    let texts = values.compactMap(\.text)
    return texts.count == values.count ? texts : nil
  }
}
