import BlockIO
import DeviceProbe
import DeviceSafety
import Glibc
import ImageInspector
import SystemPackage
import Terminal
import UndoStore
import Writer

/// The wait for one stick: until it is back and was read, or until somebody stops it.
///
/// There is no limit of time, since a person may be at lunch.
struct ReplugWait: Sendable {
  let stick: AwaitedStick
  let desk: ReplugDesk
  let look: ReplugLook
  let source: (any HotPlugSource)?
  let context: Context

  /// What the person was asked for last.
  private enum Wish { case nothing, unplug, plugIn }

  /// Whether nobody listens to events, or some are lost, there is another look after this time.
  private static let interval = Duration.seconds(1)
  private static let pollInterval: CInt = 100

  /// Waits.
  func run() -> ReplugOutcome {
    var wish = Wish.nothing
    var others: Set<String> = []
    while !Task.isCancelled {
      let snapshot = context.snapshot([], nil)
      desk.refuseStrangers(in: snapshot)
      let passed = others.union(desk.taken)
      switch look.sight(of: stick.identity.id, stick.fingerprint, in: snapshot, besides: passed) {
      case .stillThere: ask(.unplug, &wish)
      case .gone: ask(.plugIn, &wish)
      case .back(let disk):
        switch read(disk) {
        case .ended(let outcome): return outcome
        case .gone: wish = .nothing
        case .another: others.insert(TargetID(of: disk).description)
        case .busy: break
        }
      }
      rest()
    }
    return ReplugOutcome(.stopped, of: stick, as: nil, refused: desk.refused)
  }

  private func ask(_ next: Wish, _ last: inout Wish) {
    guard next != last else { return }
    last = next
    let isPlugged = next == .unplug
    stick.track.meter.begin(isPlugged ? .unplugging : .replugging)
    desk.tell(isPlugged ? .unplug(stick.identity) : .plugIn(stick.identity))
  }

  /// Waits until the kernel tells something, or for a while.
  private func rest() {
    let end = context.now() + Self.interval
    repeat {
      var request = pollfd(fd: source?.descriptor ?? -1, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&request, 1, Self.pollInterval) > 0 else { continue }
      // No disk has this number: what is told concerns none, and all of it is taken.
      _ = source?.disturbance(
        of: WatchedDisk(number: DeviceNumber(major: 0, minor: 0), diskSequence: nil))
      return
    } while context.now() < end && !Task.isCancelled
  }
}

// MARK: - Reading

extension ReplugWait {
  private enum Finding {
    case ended(ReplugOutcome)
    /// It was unplugged again, or the run is stopped.
    case gone
    /// It only looks like the one that was written.
    case another
    /// Somebody else reads it.
    case busy
  }

  /// Reads a disk that looks like the stick, if what is on it says that it is.
  private func read(_ disk: BlockDevice) -> Finding {
    let id = TargetID(of: disk).description
    guard desk.take(id) else { return .busy }
    do throws(VerifyError) {
      // Held from the first look to the last byte, so that nobody mounts it in between.
      let medium = try open(disk)
      guard try isKnownAgain(disk, medium) else {
        desk.release(id)
        return .another
      }
      desk.tell(.reading(stick.identity, disk))
      let report = try ChunkVerifier.verify(
        stick.chunks, image: nil, against: medium, progress: stick.track.meter)
      guard !report.differences.isEmpty else { return .ended(outcome(.equal(report), disk)) }
      return .ended(outcome(differing(report, disk), disk))
    } catch {
      guard isGone(disk, error) else { return .ended(outcome(.failed(error), disk)) }
      desk.release(id)
      return .gone
    }
  }

  private func outcome(_ ending: ReplugOutcome.Ending, _ disk: BlockDevice) -> ReplugOutcome {
    ReplugOutcome(ending, of: stick, as: disk, refused: desk.refused)
  }

  /// Whether it is the stick by what is on it: its twins have the same name and size, and often the same number.
  private func isKnownAgain(
    _ disk: BlockDevice, _ medium: borrowing MediumReader
  ) throws(VerifyError) -> Bool {
    switch try ChunkVerifier.recognises(stick.chunks, on: medium) {
    case true?: return true
    case false?:
      desk.refuse(
        disk,
        because: "nothing on it is what was written: it is another one of its kind, or has lost everything")
      return false
    case nil:
      guard !stick.fingerprint.hasNumberOfItsOwn else { return true }
      desk.refuse(
        disk,
        because: "it has no serial number of its own, and what was written is too uniform to know it again by"
      )
      return false
    }
  }

  /// Opens it for reading, so that nobody mounts it meanwhile, unless somebody has already.
  private func open(_ disk: BlockDevice) throws(VerifyError) -> MediumReader {
    do throws(VerifyError) { return try context.openReturned(disk, true) } catch {
      guard case .device(let failure, nil) = error, failure.errno == .resourceBusy else { throw error }
      return try context.openReturned(disk, false)
    }
  }

  /// Where exactly it differs, and whether somebody has only mounted it (R46).
  private func differing(_ report: ChunkReport, _ disk: BlockDevice) -> ReplugOutcome.Ending {
    let coarse = ReplugOutcome.Ending.differs(report.differences, report.duration, mounted: [])
    guard let image = stick.image, let medium = try? open(disk),
      let exact = ChunkVerifier.explain(
        report.differences, in: stick.chunks, by: image.source, byteCount: image.byteCount, on: medium)
    else { return coarse }
    return .differs(exact, report.duration, mounted: exact.mounted(in: stick.report, on: medium))
  }

  /// Whether it failed because it is not there any more; then it is only waited for once more.
  private func isGone(_ disk: BlockDevice, _ error: VerifyError) -> Bool {
    switch error {
    case .cancelled, .changed: return true
    case .device(let failure, _):
      if [.unplugged, .noMedium].contains(DeviceTrouble(failure.errno)) { return true }
      let id = TargetID(of: disk)
      return !context.snapshot([], nil).devices.contains { $0.isWholeDisk && TargetID(of: $0) == id }
    default: return false
    }
  }
}
