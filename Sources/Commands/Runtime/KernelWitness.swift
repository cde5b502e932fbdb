import BlockIO
import DeviceSafety
import Terminal

/// Listens to what the kernel says of a disk from the first write on, to quote it where the write fails.
struct KernelWitness: Sendable {
  private let log: any KernelRecordSource
  private let names: KernelNames

  /// How many lines are quoted at most: the first ones are nearest to the cause.
  private static let quotedLines = 10

  /// Begins to listen; nil where the log may not be read, or the target is no device.
  init?(of identity: TargetIdentity, in context: Context) {
    guard let log = context.kernelLog else { return nil }
    self.init(of: identity, in: log)
  }

  /// Begins to listen to a log; nil where the target is no device.
  init?(of identity: TargetIdentity, in log: any KernelRecordSource) {
    guard case .disk(let number) = identity.kind,
      let names = KernelNames(of: number)
    else { return nil }
    self.init(log, names)
  }

  init(_ log: any KernelRecordSource, _ names: KernelNames) {
    (self.log, self.names) = (log, names)
    log.skip()
  }

  /// What the kernel has said of the disk since.
  func texts() -> [SanitizedText] {
    let records = log.records().filter(names.concern)
    var texts = records.prefix(Self.quotedLines).map { record -> SanitizedText in
      "the kernel: \(SanitizedText(foreign: record.text, limit: 200))"
    }
    let rest = records.count - texts.count
    guard rest > 0 else { return texts }
    texts.append(
      SanitizedText(
        counting: rest, one: "the kernel said \(rest) more line about it",
        other: "the kernel said \(rest) more lines about it"))
    return texts
  }
}

extension Diagnostic {
  /// The same with further reasons.
  func adding(because reasons: [SanitizedText]) -> Diagnostic {
    Diagnostic(id, exit, summary, because: because + reasons, leaves: leaves, toFix: toFix)
  }
}
