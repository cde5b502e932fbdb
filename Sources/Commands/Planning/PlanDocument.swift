import ArgumentParser
import BlockIO
import BlockMap
import DeviceProbe
import DeviceSafety
import Documents
import ImageInspector
import ImageSource
import ImageTrust
import SystemPackage
import Terminal
import Writer

/// The target of a plan, as it is looked up or held open.
struct PlannedTarget {
  let id: String
  let path: String
  let geometry: BlockGeometry
  /// The disk as it is listed; nil for a virtual stick.
  let entry: DeviceEntry?

  /// Takes what was looked up.
  init(_ target: TargetLookup, _ entry: DeviceEntry?) {
    (id, path, geometry) = (target.id, target.path, target.geometry)
    self.entry = entry
  }

  /// Takes what is held open.
  init(_ identity: TargetIdentity, _ entry: DeviceEntry?) {
    (id, path, geometry) = (identity.id, identity.path, identity.geometry)
    self.entry = entry
  }
}

/// Everything that a write would do and rely on, as the file that `plan` writes and `apply` compares.
struct PlanDocument {
  let order: WriteOrder
  let image: OpenedImage
  /// What the image is.
  let report: ImageReport
  /// The SHA-256 of the image's file, as it is, in hexadecimal digits.
  let sha256: String
  /// What speaks for the image.
  let sought: SoughtTrust
  /// What of that is true.
  let trust: JSONValue
  let target: PlannedTarget
  let plan: WritePlan

  /// What the file says of itself.
  static let kind = "write-plan"

  /// The document.
  var json: JSONValue {
    let assessment = target.entry?.assessment ?? Assessment(objections: [])
    let document: JSONValue = [
      "schema": 1, "kind": JSONValue(Self.kind), "burin": JSONValue(BurinCommand.configuration.version),
      "image": imageJSON, "target": targetJSON, "class": JSONValue(assessment.safetyClass.rawValue),
      "objections": .array(assessment.objections.map(Self.objection)), "rules": rules(assessment),
      "options": PlannedOptions(order, image.map, for: target.entry, report).json,
      "contents": target.entry?.contentsJSON ?? .null,
      "trust": trust, "plan": plan.json, "steps": JSONValue(steps),
      "proves": JSONValue(proves),
    ]
    return document.canonical
  }

  /// What is done, in words.
  ///
  /// Where it is saved is not part of it: whoever carries it out may have another state directory than who made it.
  private var steps: [SanitizedText] {
    let saving = order.tellsUndo ? order.savingSteps(plan, in: "the state directory") : []
    return saving + plan.steps + order.extraSteps
  }

  private var imageJSON: JSONValue {
    [
      "path": JSONValue(order.image), "bytes": JSONValue(plan.layout?.imageByteCount),
      "fileBytes": JSONValue(image.file.fileByteCount), "compression": JSONValue(image.packed?.format.text),
      "sha256": JSONValue(sha256),
      "claims": .array(sought.found.claims.map { $0.json(nil) }),
      "map": image.map?.json ?? .null,
      "modified": JSONValue(image.file.state?.modified.text), "inode": JSONValue(image.file.state?.inode),
    ]
  }

  private var targetJSON: JSONValue {
    let device = target.entry?.device
    // A virtual stick has no number that grows with each medium; its file tells when it was changed.
    let file = device == nil ? try? FileState(at: FilePath(target.path)) : nil
    return [
      "id": JSONValue(target.id), "path": JSONValue(target.path), "name": JSONValue(device?.name),
      "vendor": JSONValue(device?.identity.vendor), "model": JSONValue(device?.identity.model),
      "serial": JSONValue(device?.identity.serial), "wwn": JSONValue(device?.identity.wwn),
      "bytes": JSONValue(target.geometry.byteCount),
      "logicalBlockSize": JSONValue(target.geometry.logicalBlockSize),
      "physicalBlockSize": JSONValue(target.geometry.physicalBlockSize),
      "diskseq": JSONValue(target.geometry.diskSequence),
      "transport": JSONValue(device?.transport.publicName), "port": JSONValue(device?.usb?.port),
      "inode": JSONValue(file?.inode), "modified": JSONValue(file?.modified.text),
    ]
  }

  private static func objection(_ objection: Objection) -> JSONValue {
    [
      "id": JSONValue(objection.id.rawValue), "class": JSONValue(objection.severity.rawValue),
      "rule": JSONValue(objection.rule), "text": JSONValue(objection.text),
      "chain": JSONValue(objection.chain),
    ]
  }

  /// Every rule by its number, whether or not it had anything to say; none was asked of a virtual stick.
  private func rules(_ assessment: Assessment) -> JSONValue {
    guard target.entry != nil else { return .array([]) }
    return .array(
      SafetyPolicy.ruleNumbers.map { number in
        let found = assessment.objections.filter { $0.rule == number }.map(\.id.rawValue)
        return ["rule": JSONValue(number), "passed": .bool(found.isEmpty), "objections": JSONValue(found)]
      })
  }

  private var proves: [String] {
    let count = plan.map?.mappedByteCount ?? plan.layout?.imageByteCount
    let kind = plan.map == nil ? "bytes" : "mapped bytes"
    let bytes = count.map { "each of the \($0) \(kind)" } ?? "each byte"
    let hasLength = plan.imageLength.exactByteCount != nil
    let file = hasLength ? "image" : "file"
    var list = [
      "that \(bytes) of the image was read back from the medium, past every cache, "
        + "and is equal to what was submitted",
      order.probing.toleratesFake
        ? "that what is erased beyond the image reads back as zeros, as far as the medium reaches in truth"
        : "that what is erased beyond the image reads back as zeros",
      order.probing.toleratesFake
        ? "nothing about the capacity: a medium that is smaller than it claims may be written"
        : "that each of the \(plan.probedPlaces.count) probed places that the image does not cover kept what was written there",
      "that the \(file) had this SHA-256 before the first byte was written, and was not changed afterwards",
    ]
    if !hasLength { list.append("that the image was read to its end, and fits") }
    if plan.map != nil {
      list.append("nothing about what the map leaves out: there the disk keeps what it has")
    }
    if order.isDelta {
      list.append(
        "of what was there already, that it was read past every cache before the last write, and a part of it again"
      )
    }
    if order.fixesTable {
      list.append("that the backup of the GPT and the first two blocks were read back, where it was moved")
    }
    if order.verify == .replug {
      list.append("that all of it was read once more after the stick was unplugged and plugged in again")
    }
    if plan.digest == .none { list.append("nothing by a second digest: none was asked for") }
    return list
  }
}

extension FileState.Timestamp {
  /// Seconds since 1970-01-01 UTC, with nine places after the point.
  var text: String {
    let digits = String(nanoseconds)
    return "\(seconds).\(String(repeating: "0", count: max(0, 9 - digits.count)))\(digits)"
  }
}
