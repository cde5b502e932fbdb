import ArgumentParser
import BlockIO
import ImageTrust
import Terminal

extension ExpectedChecksum {
  /// Reads the value of `--checksum`.
  /// - Throws: `ValidationError` with what is wrong with it.
  init(argument: String) throws {
    do throws(ChecksumTextError) { try self.init(parsing: argument) } catch {
      throw error.fault(of: argument.debugDescription)
    }
  }

  /// As `sha256:…`.
  var text: SanitizedText { "\(algorithm.rawValue):\(bytes.hexadecimal)" }
}

extension ChecksumTextError {
  /// What is wrong with a text.
  fileprivate func fault(of text: String) -> ValidationError {
    switch self {
    case .unknownAlgorithm(let name):
      let known = DigestAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
      return ValidationError("\(text) is no checksum: \(name.debugDescription) is none of \(known)")
    case .notAChecksum:
      return ValidationError(
        "\(text) is no checksum: it is not hexadecimal digits, alone or behind the name of a digest and a colon"
      )
    case .wrongLength(let algorithm, let expected, let found):
      return ValidationError(
        "\(text) is no checksum: \(algorithm.rawValue) has \(expected * 2) digits, not \(found * 2)")
    case .unknownLength(let count):
      return ValidationError("\(text) is no checksum: no digest has \(count * 2) digits")
    case .notAlone:
      return ValidationError(
        "\(text) is no checksum: only digits without a name may be followed by anything, and only by the name of a file; give the option once for each checksum"
      )
    }
  }
}
