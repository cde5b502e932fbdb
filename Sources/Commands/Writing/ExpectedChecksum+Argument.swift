import ArgumentParser
import BlockIO
import ImageTrust
import Terminal

extension ExpectedChecksum {
  /// Reads the value of `--checksum`.
  /// - Throws: `ValidationError` with what is wrong with it.
  init(argument: String) throws {
    do throws(ChecksumTextError) { try self.init(parsing: argument) } catch {
      throw ValidationError("\(argument.debugDescription) is no checksum: \(error.reason)")
    }
  }

  /// As `sha256:…`.
  var text: SanitizedText { "\(algorithm.rawValue):\(bytes.hexadecimal)" }
}

extension ChecksumTextError {
  /// What is wrong with the text.
  fileprivate var reason: String {
    switch self {
    case .unknownAlgorithm(let name):
      "\(name.debugDescription) is none of "
        + DigestAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
    case .notAChecksum: "it is not hexadecimal digits, alone or behind the name of a digest and a colon"
    case .wrongLength(let algorithm, let expected, let found):
      "\(algorithm.rawValue) has \(expected * 2) digits, not \(found * 2)"
    case .unknownLength(let count): "no digest has \(count * 2) digits"
    }
  }
}
