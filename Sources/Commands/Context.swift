import BlockIO
import DeviceProbe
import DeviceSafety
import ImageInspector
import ImageSource
import ImageTrust
import Sandbox
import SystemPackage
import Terminal
import Writer

/// The world as a command sees it; tests put another one in its place.
struct Context: Sendable {
  /// Where results go.
  var stdout: any TextSink
  /// Where progress and diagnostics go.
  var stderr: any TextSink
  /// Who is asked.
  var prompter: any Prompter
  /// Whether colours are wanted.
  var allowsColor: Bool
  /// The time since some moment; it never goes back.
  var now: @Sendable () -> Duration
  /// Looks at the machine's devices, with the files of this run as anchors, and opens no device that is spared.
  var snapshot: @Sendable (_ anchors: [AnchorRequest], _ sparing: TargetArgument?) -> DeviceSnapshot
  /// Has the contents of some disks of a snapshot read.
  var probeContents: @Sendable (inout DeviceSnapshot, [DeviceNumber]) -> Void
  /// Reads what is on the one disk that is to be written.
  var contents: ContentsReader
  /// Finds the signatures that tools would still find on a disk after its table is gone, for a rehearsal.
  var signatures: @Sendable (String) -> [Range<UInt64>]
  /// Takes a mount away, one of several that may be; only where the person has asked for it (R26).
  var unmount: @Sendable (MountRelease.Mount, [MountRelease.Mount]) throws(UnmountError) -> Void
  /// The name of the person who runs burin, also through sudo; nil where it is not known.
  var user: String?
  /// The person's own directory, which `~` stands for; nil where it is not known.
  var home: String?
  /// Begins to listen to what happens to disks; nil where nobody tells.
  var hotPlug: @Sendable () -> (any HotPlugSource)? = { nil }
  /// The lists of protected disks that are always read.
  var protectionFiles = ProtectionFiles.system
  /// The one of them that `burin protect` changes; nil where no place for it is known.
  var ownProtectionFile: FilePath?
  /// Decodes a packed image, in a process of its own, of an archive the member of a name; nil for a file that is not
  /// packed.
  var unpack: @Sendable (any SuppliedFile, String?) throws(ImageSourceError) -> CompressedImage? = {
    (file, member) throws(ImageSourceError) in try CompressedImage(in: file, member: member)
  }
  /// Judges signatures, by the keys of some files or, without any, by those that the system trusts.
  var judge: @Sendable (_ keyrings: [String]) throws(Refusal) -> any SignatureJudge = {
    keyrings throws(Refusal) in try SystemJudge(keyrings: keyrings)
  }
  /// How much address space this process may use, in bytes; nil where there is no limit.
  var addressSpaceLimit: UInt64?
  /// How many descriptors this process may have open; nil where there is no limit.
  var descriptorLimit: UInt64?
  /// How many of some threads can exist at once.
  var startableThreads: @Sendable (Int) -> Int = { $0 }
  /// `COLUMNS`: how wide help is where it goes to no terminal.
  var fileWidth: Int?
  /// The descriptor of standard input.
  var standardInput: CInt = 0
  /// Begins to fetch what a URL names, in a process of its own.
  var fetch: @Sendable (SecretURL) throws(ImageSourceError) -> FetchStream = {
    url throws(ImageSourceError) in try FetchStream(url, environment: [:])
  }
  /// Asks for small files by their names, in the directory of a URL.
  var fetchBeside: @Sendable ([String], SecretURL) -> SmallFetch = { _, _ in SmallFetch() }
  /// Says what an image is, of an archive the member of a name.
  var inspect: @Sendable (any SuppliedFile, String?) throws(Refusal) -> Inspected
  /// Says what came out of a packed file so far.
  var inspectUnpacked: @Sendable (StreamedFile) throws(Refusal) -> Inspected = {
    image throws(Refusal) in try ConfinedInspection.inspect(unpacked: image) { nil }
  }
  /// Compares the files in an image with a list of their checksums in it; nil where it has none.
  var compareTree: @Sendable (any SuppliedFile) throws(Refusal) -> TreeSums? = { _ throws(Refusal) in nil }
  /// Names the files of an image that hold some of its bytes, as far as they can be named.
  var nameFiles: @Sendable ([Range<UInt64>], any SuppliedFile) -> [NamedFile] = { _, _ in [] }
  /// Who opens disks for somebody who is not root; nil for root.
  var broker: DeviceBroker?
  /// Has the broker's kernel read a disk's new partition table, and says whether it did.
  var rescan: @Sendable (String, DeviceNumber) -> Bool
  /// What the kernel says; nil where it may not be listened to.
  var kernelLog: (any KernelRecordSource)?
  /// Keeps the machine awake and gives up, both for the rest of the process, everything but what is open; tests must
  /// not.
  var confineWriter: @Sendable (WriterConfinement.Exceptions) -> WriterConfinement = { _ in
    WriterConfinement()
  }
  /// Begins to wait for a question about a partition table, in a process of its own; with the number of that process.
  var tableExpert: @Sendable () throws(ConfinementError) -> (expert: TableExpert, children: [CInt]) = {
    () throws(ConfinementError) in
    let expert: TableExpert = { question throws(ConfinementError) in question.answered() }
    return (expert, [])
  }
  /// Opens what takes a USB device off, for the end of a run that opens nothing any more by then.
  var removal: @Sendable (USBPlace) throws(SystemCallError) -> Parting.Removal = {
    place throws(SystemCallError) in
    throw SystemCallError(call: "open", errno: .noSuchFileOrDirectory, path: place.port)
  }
  /// Opens a disk that was plugged in again, for reading only; exclusively so that nobody mounts it meanwhile.
  var openReturned: @Sendable (BlockDevice, _ exclusively: Bool) throws(VerifyError) -> MediumReader = {
    (disk, isExclusive) throws(VerifyError) in
    try MediumReader(
      opening: disk.path, expecting: disk.number, diskSequence: disk.diskSequence, exclusively: isExclusive)
  }
  /// How long it stood still without its own doing.
  var standstill = Standstill()
  /// How long this run has worked.
  let workTime = WorkTime()
  /// Whether somebody who has looked away is to be called at the end of a run that took long.
  var wantsCall = true
  /// Tells a desktop how such a run has ended; without one, nobody.
  var herald: @Sendable (EndOfRun) -> Void = { _ in }
  /// Where somebody sits who runs `burin` alone; nil where nobody does.
  var desk: Desk?
  /// Makes what shows progress to a person; nil for a line.
  var progressView: (@Sendable () -> any ProgressView)?
  /// How long a picture of the progress stands.
  var pictureInterval = Duration.milliseconds(100)
  /// The signal that ended the run, if one did.
  var stopSignal: @Sendable () -> Int32?
  /// Where what is about to be lost is kept.
  var undo: UndoEnvironment
  /// Draws the seed of the places at which a capacity is probed: 53 bits, which every reader of JSON keeps.
  var probeSeed: @Sendable () -> UInt64 = { .random(in: 0..<(1 << 53)) }

  /// Creates a context from its parts.
  init(
    stdout: any TextSink, stderr: any TextSink, prompter: any Prompter, allowsColor: Bool = true,
    now: @escaping @Sendable () -> Duration,
    snapshot: @escaping @Sendable ([AnchorRequest], TargetArgument?) -> DeviceSnapshot,
    probeContents: @escaping @Sendable (inout DeviceSnapshot, [DeviceNumber]) -> Void,
    contents: ContentsReader,
    signatures: @escaping @Sendable (String) -> [Range<UInt64>],
    unmount: @escaping @Sendable (MountRelease.Mount, [MountRelease.Mount]) throws(UnmountError) -> Void,
    user: String?,
    inspect: @escaping @Sendable (any SuppliedFile, String?) throws(Refusal) -> Inspected,
    broker: DeviceBroker? = nil,
    rescan: @escaping @Sendable (String, DeviceNumber) -> Bool = { _, _ in false },
    stopSignal: @escaping @Sendable () -> Int32?, undo: UndoEnvironment = UndoEnvironment()
  ) {
    self.stdout = stdout
    self.stderr = stderr
    self.prompter = prompter
    self.allowsColor = allowsColor
    self.now = now
    self.snapshot = snapshot
    self.probeContents = probeContents
    self.contents = contents
    self.signatures = signatures
    self.unmount = unmount
    self.user = user
    self.inspect = inspect
    self.broker = broker
    self.rescan = rescan
    self.stopSignal = stopSignal
    self.undo = undo
  }
}
