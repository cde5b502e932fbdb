import DeviceProbe
import DeviceSafety
import ImageInspector
import Writer

/// The options of a write that change what it does, as a plan holds them.
struct PlannedOptions: Hashable {
  /// What is lifted, by the names of the objections.
  let lifted: Set<Objection.ID>
  let allowsLoop: Bool
  let allowsDamaged: Bool
  let allowsPacked: Bool
  let digest: DigestChoice
  let probing: CapacityProbing
  /// The map that was found or named, and no other.
  let map: MapChoice

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
    digest = order.digest
    probing = order.probing
    self.map = map?.choice ?? .all
  }

  /// Reads what ``json`` writes; nil for anything else.
  init?(_ json: JSONValue?) {
    guard case .object(let members)? = json, members.count == 9, case .array(let names)? = json?["lifted"],
      case .bool(let loop)? = json?["allowLoop"], case .bool(let damaged)? = json?["allowDamaged"],
      case .bool(let packed)? = json?["allowPacked"], case .string(let digest)? = json?["digest"],
      case .bool(let fake)? = json?["allowFake"], case .unsigned(let seed)? = json?["probeSeed"],
      let choice = DigestChoice(rawValue: digest), let map = Self.map(json?["bmap"], json?["sparse"])
    else { return nil }
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
    self.map = map
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
    [
      "lifted": JSONValue(lifted.map(\.rawValue).sorted()), "allowLoop": .bool(allowsLoop),
      "allowDamaged": .bool(allowsDamaged), "allowPacked": .bool(allowsPacked),
      "allowFake": .bool(probing.toleratesFake), "probeSeed": JSONValue(probing.seed),
      "digest": JSONValue(digest.rawValue), "bmap": JSONValue(mapPath), "sparse": .bool(map == .sparse),
    ]
  }

  /// The request to the safety rules.
  var request: SafetyRequest { SafetyRequest(lifting: lifted, allowsLoop: allowsLoop) }
}
