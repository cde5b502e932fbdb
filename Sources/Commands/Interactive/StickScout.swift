import BlockIO
import DeviceProbe
import DeviceSafety
import Glibc
import Synchronization
import Terminal

/// Looks at what is plugged in, from a thread of its own, whenever the kernel tells that something has changed.
///
/// What is on a stick is read once; what it is used for, at every look.
final class StickScout: Sendable {
  private let context: Context
  private let source: (any HotPlugSource)?
  private let bell: Bell
  private let state = Mutex(State())
  private let isDone = Atomic<Bool>(false)

  private struct State {
    var sticks: [OfferedStick]?
    /// Of each stick what was read, also where nothing could be.
    var contents: [TargetID: Contents?] = [:]
  }

  /// udevd tells more of a disk a moment after the kernel has told of it, and mounts make no event.
  private static let interval = Duration.seconds(1)
  private static let pollInterval: CInt = 100

  private init(_ context: Context, _ bell: Bell) {
    self.context = context
    self.bell = bell
    source = context.hotPlug()
  }

  /// Looks as long as a body runs.
  static func looking<Result>(in context: Context, _ body: (StickScout) throws -> Result) rethrows -> Result {
    let scout = StickScout(context, Bell())
    let thread = BackgroundThread.start(Language.carrying { scout.run() })
    defer {
      scout.isDone.store(true, ordering: .releasing)
      thread.join()
    }
    return try body(scout)
  }

  /// What is plugged in by now; nil before the first look.
  var sticks: [OfferedStick]? { state.withLock(\.sticks) }

  /// What ends a question when something else is plugged in than what it showed.
  func interruption(unless shown: [OfferedStick]?) -> PromptInterruption {
    PromptInterruption(descriptor: bell.descriptor) { [self] in
      bell.silence()
      return sticks != shown
    }
  }

  private func run() {
    var next = context.now()
    while !isDone.load(ordering: .acquiring) {
      if context.now() >= next || hasNews {
        look()
        next = context.now() + Self.interval
      }
      var request = pollfd(fd: source?.descriptor ?? -1, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&request, 1, Self.pollInterval)
    }
  }

  /// Whether the kernel has told anything; takes all of it.
  private var hasNews: Bool {
    guard let source else { return false }
    var request = pollfd(fd: source.descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&request, 1, 0) > 0 else { return false }
    // No disk has this number: what is told concerns none, and all of it is taken.
    _ = source.disturbance(of: WatchedDisk(number: DeviceNumber(major: 0, minor: 0), diskSequence: nil))
    return true
  }

  private func look() {
    var snapshot = context.snapshot([], nil)
    let sticks = entries(in: &snapshot).compactMap(OfferedStick.init)
    let isNew = state.withLock { state in
      defer { state.sticks = sticks }
      return state.sticks != sticks
    }
    if isNew { bell.ring() }
  }

  private func entries(in snapshot: inout DeviceSnapshot) -> [DeviceEntry] {
    var request = SafetyRequest()
    request.isForListing = true
    let disks = snapshot.devices.filter(\.isWholeDisk)
    let first = zip(disks, SafetyPolicy.assess(disks, in: SnapshotIndex(snapshot), request))
    let numbers = first.filter { OfferedStick(DeviceEntry($0, in: snapshot, assessment: $1)) != nil }.map(
      \.0.number)
    addContents(to: &snapshot, of: numbers)
    // The rules look once more, because some of them judge by what is on the disk.
    let index = SnapshotIndex(snapshot)
    let shown = numbers.compactMap { index[$0] }
    return zip(shown, SafetyPolicy.assess(shown, in: index, request)).map {
      DeviceEntry($0, in: index, assessment: $1)
    }
  }

  private func addContents(to snapshot: inout DeviceSnapshot, of numbers: [DeviceNumber]) {
    let known = state.withLock(\.contents)
    var missing: [DeviceNumber] = []
    for index in snapshot.devices.indices where numbers.contains(snapshot.devices[index].number) {
      if let tried = known[TargetID(of: snapshot.devices[index])] {
        snapshot.devices[index].contents = tried
      } else {
        missing.append(snapshot.devices[index].number)
      }
    }
    if !missing.isEmpty { context.probeContents(&snapshot, missing) }
    let present = snapshot.devices.filter { numbers.contains($0.number) }
    state.withLock { state in
      // What is gone is forgotten: kernels before 5.15 give what is plugged in again the same ID.
      state.contents = Dictionary(
        present.map { (TargetID(of: $0), $0.contents) },
        uniquingKeysWith: { first, _ in first })
    }
  }
}

/// Something that becomes readable for who waits for a descriptor.
private final class Bell: Sendable {
  let descriptor: CInt
  private let striker: CInt

  init() {
    var ends: [CInt] = [-1, -1]
    _ = unsafe pipe(&ends)
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (descriptor, striker) = (ends[0], ends[1])
  }

  deinit { for end in [descriptor, striker] { _ = close(end) } }

  /// Rings; a bell that rings already does not ring louder.
  func ring() {
    var byte: UInt8 = 1
    _ = unsafe write(striker, &byte, 1)
  }

  func silence() {
    var bytes = [UInt8](repeating: 0, count: 64)
    // Safe: the count is that of the array.
    while unsafe read(descriptor, &bytes, bytes.count) > 0 {}
  }
}
