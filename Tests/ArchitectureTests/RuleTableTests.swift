import Testing

/// One row of the table in CONTRIBUTING.md: a rule, what it says, where it is kept, where it is tested.
private struct RuleRow {
  let rule: String
  let code: [String]
  let tests: [String]

  static func table() throws -> [RuleRow] {
    let path: Pattern = #"`([^`]+)`"#
    return try Repository.text("CONTRIBUTING.md").split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|").map { $0.trimming(while: \.isWhitespace) }
      guard cells.count == 4, let rule = ruleName.captures(in: cells[0]).first, rule == cells[0] else {
        return nil
      }
      return RuleRow(rule: rule, code: path.captures(in: cells[2]), tests: path.captures(in: cells[3]))
    }
  }
}

private let ruleName: Pattern = #"\b(R[1-9][0-9]?)\b"#

/// The rules that are promised: all of the safety specification.
private let promised = Set((1...52).map { "R\($0)" })

@Suite("Rule, code, test: the table in CONTRIBUTING.md")
struct RuleTableTests {
  @Test("has a row for every rule that is promised, and none for a rule that the sources do not name")
  func complete() throws {
    let rows = try RuleRow.table().map(\.rule)
    #expect(rows.count == Set(rows).count, "a rule has two rows")
    #expect(promised.subtracting(rows).sorted() == [])
    let named = Set(try Repository.sources.map(Repository.text).flatMap(ruleName.captures))
    #expect(Set(rows).subtracting(named).sorted() == [])
  }

  @Test("each file named keeps or tests the rule, and says so")
  func filesAgree() throws {
    for row in try RuleRow.table() {
      #expect(!row.code.isEmpty, "\(row.rule) has no code")
      #expect(!row.tests.isEmpty, "\(row.rule) has no test")
      for path in row.code + row.tests {
        let text = try? Repository.text(path)
        let says = text.map { ruleName.captures(in: $0).contains(row.rule) } ?? false
        #expect(says, "\(path) does not name \(row.rule)")
      }
      #expect(row.tests.allSatisfy { $0.hasPrefix("Tests/") && !$0.hasSuffix("RuleTableTests.swift") })
      #expect(row.code.allSatisfy { $0.hasPrefix("Sources/") })
    }
  }
}

extension Substring {
  /// Without what a condition holds for at both ends.
  fileprivate func trimming(while condition: (Character) -> Bool) -> String {
    var text = drop(while: condition)
    while let last = text.last, condition(last) { text.removeLast() }
    return String(text)
  }
}
