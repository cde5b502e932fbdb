import ArgumentParser
import DeviceProbe
import DeviceSafety
import Documents
import Terminal

/// `burin list`: the sticks that may be written, or every disk and why not.
struct ListCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show the sticks that can be written, each with its ID.",
    discussion: """
      An ID is good for one plug-in of one medium: it changes when a stick is replugged or a card is \
      changed, so that it can never mean another disk.
      """)

  @Flag(help: "Show every disk, with the reason why it is not offered.")
  var all = false

  @Flag(help: "Print all that was found about every device, mount and swap area, as a text for bug reports.")
  var dump = false

  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }
  var addressSpaceByteCount: UInt64 { 0 }

  func validate() throws {
    guard !dump || !output.json else {
      throw ValidationError("--dump is a text of its own: leave --json out")
    }
  }

  func run(in context: Context) async -> ExitStatus {
    var request = SafetyRequest()
    request.isForListing = true
    var snapshot = context.snapshot([], nil)
    if dump {
      context.probeContents(&snapshot, snapshot.devices.filter(\.isWholeDisk).map(\.number))
      return context.finish([SanitizedText(dumpOf: snapshot)])
    }
    var disks = snapshot.devices.filter(\.isWholeDisk)
    if !all {
      let assessments = SafetyPolicy.assess(disks, in: SnapshotIndex(snapshot), request)
      disks = zip(disks, assessments).filter(\.1.isSelectable).map(\.0)
    }
    context.probeContents(&snapshot, disks.map(\.number))
    // The rules look once more, because some of them judge by what is on the disk.
    let index = SnapshotIndex(snapshot)
    let shown = disks.compactMap { index[$0.number] }
    let entries = zip(shown, SafetyPolicy.assess(shown, in: index, request)).map {
      DeviceEntry($0, in: index, assessment: $1)
    }
    if output.json {
      let listing: JSONValue = [
        "schema": 1, "devices": .array(entries.map(\.json)),
        "unreadable": .array(snapshot.unreadable.map(\.json)),
      ]
      return context.finish([listing.indented])
    }
    var lines = Self.lines(entries, all: all, for: context.outputCapabilities)
    if all { lines += snapshot.unreadable.map { "not seen: \($0.path): \($0.reason)" } }
    return context.finish(lines)
  }

  static func lines(_ entries: [DeviceEntry], all: Bool, for capabilities: Capabilities) -> [SanitizedText] {
    guard !entries.isEmpty else {
      return all
        ? ["There is no disk."]
        : ["No stick that can be written is plugged in; `burin list --all` shows every disk and why not."]
    }
    var table = Table(columns: DeviceEntry.columns)
    table.rows = entries.map { $0.row(hasColor: capabilities.hasColor) }
    return table.lines(for: capabilities)
  }
}

extension SanitizedText {
  /// A snapshot as text, in which everything foreign is quoted and escaped by the format itself.
  fileprivate init(dumpOf snapshot: DeviceSnapshot) {
    var text = snapshot.text
    if text.hasSuffix("\n") { text.removeLast() }
    self.init(held: SanitizedText(vouchedFor: text))
  }
}
