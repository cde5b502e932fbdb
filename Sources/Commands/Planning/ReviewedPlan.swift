import BlockIO
import Documents
import SystemPackage
import Terminal
import UndoStore

/// A plan that somebody has looked at, read back from its file; nothing in it is believed, all of it is compared (R51).
struct ReviewedPlan: Hashable {
  /// The file.
  let path: String
  /// What it says.
  private let document: JSONValue
  /// The SHA-256 that the image must have.
  let sha256: String
  /// What it says that is proven about the image.
  var trust: JSONValue { document["trust"] ?? .null }
  /// Whether it says whether what is about to be lost is saved; one of before did not, and it is.
  var tellsUndo: Bool { options.savesUndo != nil }

  private let image: String
  private let target: String
  private let serial: String?
  private let options: PlannedOptions

  /// These tell people which file was meant; a copy with the same bytes is the same image.
  private static let informative: Set<String> = ["image.modified", "image.inode"]

  /// Reads a plan; no symbolic link is followed, and nothing but a regular file is read.
  init(opening path: String) throws(Refusal) {
    let bytes: [UInt8]
    do throws(SystemCallError) {
      bytes = try SmallFile.bytes(
        ofRegularFile: FilePath(path), limit: JSONParser.largestInput, [.noFollow])
    } catch { throw Refusal(diagnostic: .planUnreadable(path, error)) }
    try self.init(parsing: bytes, path: path)
  }

  /// Understands a plan.
  init(parsing bytes: [UInt8], path: String) throws(Refusal) {
    let document: JSONValue
    do throws(JSONError) { document = try JSONParser.parse(bytes) } catch {
      throw Refusal(diagnostic: .planInvalid(path, SanitizedText(error)))
    }
    guard document["kind"] == .string(PlanDocument.kind) else {
      throw Refusal(diagnostic: .planInvalid(path, "it is no plan of `burin plan`"))
    }
    guard document["schema"] == .unsigned(1) else {
      throw Refusal(diagnostic: .planInvalid(path, "its schema is one that this burin does not know"))
    }
    guard let image = document["image"]?["path"]?.text, let target = document["target"]?["id"]?.text,
      let sha256 = document["image"]?["sha256"]?.text, let options = PlannedOptions(document["options"])
    else { throw Refusal(diagnostic: .planInvalid(path, "it lacks an image, a target or options")) }
    self.path = path
    self.document = document
    (self.image, self.target, self.sha256, self.options) = (image, target, sha256, options)
    serial = ["serial", "wwn"].compactMap { document["target"]?[$0]?.text }.first { !$0.isEmpty }
  }

  /// What the plan orders; the disk is named by its ID, and so was confirmed by whoever reviewed the plan.
  func order(isQuiet: Bool, isJSON: Bool) -> WriteOrder {
    WriteOrder(
      image: image, member: options.member, target: target, request: options.request, isYes: true,
      confirmed: nil, serial: serial,
      digest: options.digest, trust: options.trust, map: options.map, allowsDamaged: options.allowsDamaged,
      allowsPacked: options.allowsPacked,
      probing: options.probing, undo: options.savesUndo == false ? nil : .standard,
      isQuiet: isQuiet, isJSON: isJSON, ejects: options.ejects, powersOff: options.powersOff,
      fixesTable: options.fixesTable, isDelta: options.isDelta, verify: options.verify, reviewed: self)
  }

  /// Refuses where anything is not as the plan has it.
  func requireSame(as now: JSONValue) throws(Refusal) {
    let differences = document.differences(from: now).filter { !Self.informative.contains($0.place) }
    let ofImage = differences.filter {
      ["image", "trust"].contains($0.place.prefix { $0 != "." && $0 != "[" })
    }
    // Another length has other steps; that is no news about the target.
    let rest = differences.filter { difference in
      !ofImage.contains(difference)
        && (ofImage.isEmpty || !["plan", "steps", "proves"].contains { difference.place.hasPrefix($0) })
    }
    guard rest.isEmpty else { throw Refusal(diagnostic: .planTargetDiffers(path, rest.map(\.text))) }
    guard ofImage.isEmpty else { throw Refusal(diagnostic: .planImageDiffers(path, ofImage.map(\.text))) }
  }
}
