import BlockIO
import BlockMap
import DeviceProbe
import DeviceSafety
import ImageInspector
import ImageSource
import ImageTrust
import Terminal
import UndoStore
import Writer

/// What somebody wants to be written, as the command line says it.
struct WriteOrder: Hashable {
  /// The path of the image, or what it is called.
  var image: String
  /// Where the image comes from, where that is no file at this path.
  var source: ImageOrder?
  /// `--member`: the name of the member of an archive that is the image; nil where it is the only one.
  var member: String?
  /// The target as it was given.
  var target: String
  /// What the rules may overlook.
  var request: SafetyRequest
  /// `--unmount`.
  var unmounts = false
  /// `--yes`.
  var isYes: Bool
  /// `--confirm`.
  var confirmed: String?
  /// `--confirm-serial`.
  var serial: String?
  /// `--digest`.
  var digest: DigestChoice
  /// What must speak for the image.
  var trust = TrustWish()
  /// `--bmap`, `--no-bmap` and `--sparse`.
  var map = MapChoice.automatic
  /// `--allow-damaged`.
  var allowsDamaged: Bool
  /// `--allow-packed`.
  var allowsPacked: Bool
  /// How the capacity is probed, with `--allow-fake`.
  var probing: CapacityProbing
  /// `--undo`; nil where nothing is saved.
  var undo: UndoLimit?
  /// `--quiet`.
  var isQuiet: Bool
  /// `--json`.
  var isJSON: Bool
  /// The plan that this comes from, where it is one that was reviewed.
  var reviewed: ReviewedPlan?

  /// The names for messages.
  var names: RunNames { RunNames(image: image, target: target) }

  /// Opens the image: a file, or a disk that is to be cloned.
  func openImage(in context: Context) throws(Refusal) -> OpenedImage {
    let source = source ?? ImageOrder(.path(image))
    var opened = try OpenedImage(
      source, member: member, acceptsDevice: source.isFile, asIs: allowsPacked, in: context)
    opened.map = try OpenedMap.open(map, of: opened, at: image, keyrings: trust.keyrings, in: context)
    return opened
  }

  /// Refuses a virtual stick that is the image itself; for disks the rules do that.
  func requireElsewhere(_ source: OpenedImage, than identity: TargetIdentity) throws(Refusal) {
    guard let state = source.file.state else { return }
    guard identity.kind == .virtualStick(fileSystem: state.fileSystem, inode: state.inode) else { return }
    throw Refusal(diagnostic: .targetIsImage(target))
  }

  /// Inspects the open file, refuses what is surely a mistake and warns of what would not boot.
  func inspect(_ source: OpenedImage, in context: Context) throws(Refusal) -> Inspected {
    let ofFile = try context.inspect(source.file, allowsPacked ? nil : member)
    let inspected = Inspected(report: source.report(by: ofFile.report), confinement: ofFile.confinement)
    if let unsuitability = Unsuitability(inspected.report, path: image) {
      switch unsuitability.option {
      case .allowDamaged where allowsDamaged, .allowPacked where allowsPacked: break
      case .allowDamaged, .allowPacked: throw Refusal(diagnostic: unsuitability.diagnostic)
      case nil:
        for line in unsuitability.diagnostic.lines(for: context.errorCapabilities) {
          context.stderr.writeLine(line)
        }
      }
    }
    return inspected
  }

  /// Plans the image onto a medium.
  func plan(
    _ source: OpenedImage, _ report: ImageReport, onto geometry: BlockGeometry, stale: [Range<UInt64>],
    _ sought: SoughtTrust
  ) throws(Refusal) -> WritePlan {
    do throws(WritePlanError) {
      return try WritePlan(
        imageLength: source.content.length,
        leastByteCount: allowsDamaged ? nil : report.leastByteCount, geometry: geometry,
        staleSignatures: stale, digest: digest, claims: sought.found.claims,
        comparesImplanted: !allowsDamaged, requiresSignature: sought.requiresSignature, probing: probing,
        map: source.map?.map)
    } catch { throw Refusal(diagnostic: Diagnostic(error, names)) }
  }

  /// A map that was named; one beside the image lies where the image does.
  private var mapAnchors: [AnchorRequest] {
    if case .file(let path) = map { [AnchorRequest(.image, path: path)] } else { [] }
  }

  /// Looks at the machine, with the image among what the rules protect; the target is opened by the gate alone.
  func snapshot(in context: Context) -> DeviceSnapshot {
    let anchor = source.map(\.anchor) ?? image
    return context.snapshot(
      (anchor.map { [AnchorRequest(.image, path: $0)] } ?? []) + mapAnchors
        + (undo == nil ? [] : context.undo.anchors),
      TargetArgument(parsing: target))
  }
}
