import BlockIO
import BlockMap
import DeviceProbe
import DeviceSafety
import ImageInspector
import ImageSource
import ImageTrust
import SystemPackage
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
  /// `--confirm`, of this target.
  var confirmed: String?
  /// `--confirm-serial`, of this target.
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
  /// `--receipt`: the file that is to hold what was proven; nil for none.
  var receipt: String?
  /// Whether `burin history` is to know of it.
  var keepsHistory = true
  /// `--quiet`.
  var isQuiet: Bool
  /// `--json`.
  var isJSON: Bool
  /// Whether the image is made up here, so that it lies on no disk that the rules could protect.
  var isGenerated = false
  /// `--eject`: whether the drive is to give its medium out after a success.
  var ejects = false
  /// `--power-off`: whether its USB device is to be taken off besides.
  var powersOff = false
  /// `--fix-gpt`: whether the backup of the partition table is to be moved to the end of the medium.
  var fixesTable = false
  /// `--delta`: whether the target is read first, and only what differs is written.
  var isDelta = false
  /// `--verify`: how much is proven before it is done.
  var verify = VerifyLevel.read
  /// The run that `burin resume` goes on with.
  var resumed: StoredRun?
  /// Whether the disk of that run only looks like this one, and has no number of its own: what is on it must tell.
  var isResumedByContent = false
  /// The plan that this comes from, where it is one that was reviewed.
  var reviewed: ReviewedPlan?
  /// What is said of all targets, where there are several.
  var together: TogetherOrder?

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
    try begin(source, [], PassListeners(), in: context).inspected
  }

  /// The same, with the pass that is begun for it and may go on as that of the write.
  func begin(
    _ source: OpenedImage, _ claims: [ChecksumClaim], _ listeners: PassListeners, in context: Context
  ) throws(Refusal) -> BegunImage {
    let begun = try BegunImage(
      source, member: allowsPacked ? nil : member, ClaimSelection(of: claims, besides: digest), listeners,
      in: context)
    let inspected = Inspected(
      report: source.report(by: begun.inspected.report), confinement: begun.inspected.confinement)
    try judge(inspected.report, in: context)
    return BegunImage(pass: begun.pass, inspected: inspected)
  }

  private func judge(_ report: ImageReport, in context: Context) throws(Refusal) {
    guard let unsuitability = Unsuitability(report, path: image) else { return }
    switch unsuitability.option {
    case .allowDamaged where allowsDamaged, .allowPacked where allowsPacked: break
    case .allowDamaged, .allowPacked: throw Refusal(diagnostic: unsuitability.diagnostic)
    case nil:
      for line in unsuitability.diagnostic.lines(for: context.errorCapabilities) {
        context.stderr.writeLine(line)
      }
    }
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
        map: source.map?.map, isDelta: isDelta)
    } catch { throw Refusal(diagnostic: Diagnostic(error, names)) }
  }

  /// A map that was named; one beside the image lies where the image does.
  private var mapAnchors: [AnchorRequest] {
    if case .file(let path) = map { [AnchorRequest(.image, path: path)] } else { [] }
  }

  /// The folders of the receipts that were named, which are there before the files are.
  private var receiptAnchors: [AnchorRequest] {
    (together?.receipts ?? [receipt].compactMap(\.self)).map { receipt in
      let folder = FilePath(receipt).removingLastComponent()
      return AnchorRequest(.output, path: folder.isEmpty ? "." : folder.string)
    }
  }

  /// Whether something is kept in the state directory: what is saved, or what is noted (R20).
  private var usesStateDirectory: Bool { undo != nil || (keepsHistory && !isGenerated) }

  /// Looks at the machine, with the image among what the rules protect; the target is opened by the gate alone.
  func snapshot(in context: Context) -> DeviceSnapshot {
    let anchor: String? = isGenerated ? nil : source.map(\.anchor) ?? image
    return context.snapshot(
      (anchor.map { [AnchorRequest(.image, path: $0)] } ?? []) + mapAnchors + receiptAnchors
        + (usesStateDirectory || resumed != nil ? context.undo.anchors : []),
      TargetArgument(parsing: target))
  }
}
