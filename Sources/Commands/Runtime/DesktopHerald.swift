import BlockIO
import DesktopBus
import Glibc
import Sandbox
import SystemPackage
import Terminal

/// The process that tells a desktop how a run has ended, as the person who sits there and never as root.
///
/// The bus of a person is that person's to rule, and so is every path to it. So root does not go there: the process gives
/// up root before it opens anything. It is started before this one gives up starting any, waits, and is told at the end;
/// where it is told nothing, or anything fails, nobody hears of it.
final class DesktopHerald: Sendable {
  /// How its only argument begins, which is no subcommand; the numbers of the user and of the group follow.
  private static let argument = "desktop-herald="
  private static let longestTime = Duration.seconds(3)
  /// The longest message, in bytes.
  private static let room = 4096

  /// The number of the process.
  let process: CInt
  private let link: OnceBox<Link>

  private struct Link: ~Copyable, Sendable {
    let process: ConfinedProcess
    let pipe: FeedingPipe

    consuming func tell(_ message: [UInt8]) {
      var memory = AlignedBuffer(byteCount: DesktopHerald.room)
      memory.copy(from: message.span, at: 0)
      let deadline = ContinuousClock.now + DesktopHerald.longestTime
      guard pipe.write(memory, range: 0..<DesktopHerald.room, unless: { ContinuousClock.now > deadline })
      else {
        return
      }
      _ = try? process.answer(limit: 1, within: DesktopHerald.longestTime) { false }
    }
  }

  /// Starts it for a person; nil where that person has no desktop here.
  init?(for person: Person, program: String = ConfinedProcess.thisProgram) {
    guard let folder = try? FileState(ofLink: FilePath("/run/user/\(person.user)")),
      folder.kind == .directory, folder.owner == person.user, var pipe = try? FeedingPipe(room: Self.room),
      let end = pipe.takeReadEnd(),
      let child = try? ConfinedProcess(
        argument: "\(Self.argument)\(person.user):\(person.group)", reading: end, program: program)
    else { return nil }
    process = child.process
    link = OnceBox(Link(process: child, pipe: pipe))
  }

  /// Has it tell of an end, once.
  func tell(_ end: EndOfRun) {
    let parts = [end.summary, end.body].map { Array($0.string.utf8.prefix(Self.room / 2 - 1)) }
    let message = parts[0] + [0] + parts[1]
    link.take()?.tell(message + [UInt8](repeating: 0, count: Self.room - message.count))
  }

  // MARK: - In that process

  /// Waits for one message, shows it and ends the process, if it was started for that; returns otherwise.
  ///
  /// To be called before there is a second thread.
  static func runIfAsked() {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 1, let only = arguments.first, only.hasPrefix(argument),
      let person = Person(only.dropFirst(argument.count))
    else { return }
    var bytes = [UInt8](repeating: 0, count: room)
    guard person.isBecome(), (try? ConfinedProcess.hear(into: &bytes)) == room else { _exit(1) }
    let texts = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    guard texts.count == 2 else { _exit(1) }
    do throws(BusError) {
      try DesktopNotification.show(to: person.user, summary: texts[0], body: texts[1])
    } catch { _exit(1) }
    _exit(0)
  }
}
