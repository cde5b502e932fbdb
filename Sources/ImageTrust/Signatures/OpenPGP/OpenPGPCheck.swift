import BlockIO
import Sandbox
import SystemPackage

/// Where the programs of the system are that judge signatures.
public struct SignatureTools: Hashable, Sendable {
  /// The absolute path of gpgv; nil where it is not installed.
  public var gpgv: String?
  /// The absolute path of sqv, which is asked where there is no gpgv.
  public var sqv: String?

  /// Creates a set of tools.
  public init(gpgv: String?, sqv: String?) {
    self.gpgv = gpgv
    self.sqv = sqv
  }

  /// Those that are installed where programs of the system are; what `PATH` says does not matter.
  public static var installed: SignatureTools {
    SignatureTools(gpgv: path(of: "gpgv"), sqv: path(of: "sqv"))
  }

  private static func path(of name: String) -> String? {
    ["/usr/bin/\(name)", "/bin/\(name)"].first { path in
      (try? FileState(at: FilePath(path)))?.kind == .regular
    }
  }
}

/// An OpenPGP signature that is being checked by a program.
struct OpenPGPCheck: ~Copyable, Sendable {
  /// Reports are some lines for each signature; in bytes.
  private static let longestReport = 1 << 20

  private var tool: ToolProcess
  private let judgement: OpenPGPJudgement
  private let isSequoia: Bool

  /// What the program is to be called when it is told of.
  private var name: String { isSequoia ? "sqv" : OpenPGPJudgement.tool }

  /// Starts gpgv, or sqv, over bytes that are to come.
  /// - Throws: ``ConfinementError``.
  init(_ judgement: OpenPGPJudgement, program: String, isSequoia: Bool) throws(ConfinementError) {
    let keys = ToolProcess.path(ofFile: 0)
    let signature = ToolProcess.path(ofFile: 1)
    let arguments =
      isSequoia
      ? ["--keyring", keys, "--", signature, "/dev/stdin"] : Self.options(keys) + ["--", signature, "-"]
    tool = try ToolProcess(
      program: program, arguments: arguments,
      files: [judgement.keyring, judgement.signature.bytes], limit: Self.longestReport)
    self.judgement = judgement
    self.isSequoia = isSequoia
  }

  /// Its number, for those who have to be allowed to end it.
  var process: Int32 { tool.process }

  mutating func update(_ bytes: RawSpan) { tool.feed(bytes) }

  mutating func finish() -> SignatureVerdict {
    do throws(ConfinementError) {
      let answer = try tool.answer(within: .seconds(60))
      return isSequoia ? judgement.verdict(onFingerprints: answer) : judgement.verdict(on: answer)
    } catch {
      return .unsupported(error.isOfStart ? .notStarted(tool: name) : .noAnswer(tool: name))
    }
  }

  /// Its own directory is one that is not there: no list of keys and no option is read but these.
  private static func options(_ keys: String) -> [String] {
    ["--homedir", "/nonexistent", "--status-fd", "\(ToolProcess.report)", "--keyring", keys]
  }

  /// Has gpgv judge a text in its frame, and give the text that it judged.
  static func open(
    _ text: ClearSigned, _ judgement: OpenPGPJudgement, program: String
  ) -> (verdict: SignatureVerdict, text: [UInt8]) {
    do throws(ConfinementError) {
      var tool = try ToolProcess(
        program: program,
        arguments: options(ToolProcess.path(ofFile: 0)) + [
          "--output", "-", "--", ToolProcess.path(ofFile: 1),
        ],
        files: [judgement.keyring, text.bytes], limit: max(longestReport, text.bytes.count))
      let answer = try tool.answer(within: .seconds(60))
      return (judgement.verdict(on: answer), answer.output)
    } catch {
      let tool = OpenPGPJudgement.tool
      return (.unsupported(error.isOfStart ? .notStarted(tool: tool) : .noAnswer(tool: tool)), [])
    }
  }
}

extension OpenPGPJudgement {
  /// The keys in one file, as the verifier gets them.
  var keyring: [UInt8] { candidates.reduce(into: []) { $0 += $1.certificate.bytes } }
}

extension ConfinementError {
  /// Whether the program has not even begun.
  fileprivate var isOfStart: Bool {
    switch self {
    case .system, .failed: true
    case .killed, .answerTooLong, .timedOut, .cancelled: false
    }
  }
}
