import Documents
import Foundation

@testable import Commands

/// The schemas that come with the program, in the part of JSON Schema (2020-12) that they use.
///
/// Stricter than the standard in one thing: a field that no schema describes is a violation, so that none is
/// added without being described.
struct JSONSchema {
  private let file: String
  private let root: JSONValue

  /// Where they are.
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../packaging/schemas").standardized

  /// The names of all files.
  static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []).sorted()

  /// All schemas by their files, but those that are no JSON.
  private static let documents = Dictionary(
    uniqueKeysWithValues: files.compactMap { file in
      (try? Data(contentsOf: folder.appending(path: file))).flatMap { try? JSONParser.parse(Array($0)) }
        .map { (file, $0) }
    })

  /// Reads a schema by the name of its file.
  init(_ file: String) throws {
    guard let root = Self.documents[file] else { throw SchemaFault(file: file, what: "no JSON") }
    (self.file, self.root) = (file, root)
  }

  /// The file that describes what a command prints; nil where none is known.
  static func file(forCommand name: String) -> String? {
    let file = name == "apply" ? "write.json" : "\(name).json"
    return files.contains(file) ? file : nil
  }

  /// What of a value the schema does not allow, each with its place; none where it is valid.
  func violations(of value: JSONValue) throws -> [String] { try whole(value, root, at: "$") }

  /// What of a text the schema does not allow: of one value, or of one on each line.
  func violations(ofText text: String) throws -> [String] {
    if let value = try? JSONParser.parse(Array(text.utf8)) { return try violations(of: value) }
    let lines = try text.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
    return try lines.flatMap(violations)
  }

  /// What was found of a value, and which of its fields were described on the way.
  private struct Finding {
    var violations: [String] = []
    var described: Set<String> = []

    mutating func add(_ other: Finding) {
      violations += other.violations
      described.formUnion(other.described)
    }
  }

  private func whole(_ value: JSONValue, _ schema: JSONValue, at place: String) throws -> [String] {
    let finding = try check(value, schema, at: place)
    guard case .object(let members) = value else { return finding.violations }
    let unknown = members.map(\.key).filter { !finding.described.contains($0) }
    return finding.violations + unknown.map { "\(place).\($0) is not described in \(file)" }
  }

  private func check(_ value: JSONValue, _ schema: JSONValue, at place: String) throws -> Finding {
    var finding = Finding()
    guard case .object(let rules) = schema else { throw SchemaFault(file: file, what: "\(schema)") }
    for rule in rules {
      switch (rule.key, rule.value) {
      case ("$schema", _), ("$defs", _), ("title", _), ("description", _): break
      case ("$ref", .string(let name)): finding.add(try referred(value, name, at: place))
      case ("allOf", .array(let parts)):
        for part in parts { finding.add(try check(value, part, at: place)) }
      case ("oneOf", .array(let parts)), ("anyOf", .array(let parts)):
        finding.add(try chosen(value, parts, isExclusive: rule.key == "oneOf", at: place))
      case ("not", let forbidden):
        let excluded = try check(value, forbidden, at: place).violations.isEmpty
        if excluded { finding.violations.append("\(place) is what it must not be") }
      case ("properties", .object(let properties)):
        for property in properties {
          finding.described.insert(property.key)
          guard let field = value[property.key] else { continue }
          finding.violations += try whole(field, property.value, at: "\(place).\(property.key)")
        }
      case ("required", .array(let keys)):
        guard case .object = value else { break }
        for case .string(let key) in keys where value[key] == nil {
          finding.violations.append("\(place).\(key) is missing")
        }
      case ("items", let element):
        guard case .array(let values) = value else { break }
        for (index, each) in values.enumerated() {
          finding.violations += try whole(each, element, at: "\(place)[\(index)]")
        }
      default:
        if try !simple(rule.key, rule.value, holdsFor: value) {
          finding.violations.append("\(place) is \(value.compactText), against \(rule.key)")
        }
      }
    }
    return finding
  }

  /// One of several: the one that is met, or that is missed least.
  private func chosen(
    _ value: JSONValue, _ parts: [JSONValue], isExclusive: Bool, at place: String
  ) throws -> Finding {
    let findings = try parts.map { try check(value, $0, at: place) }
    let met = findings.filter(\.violations.isEmpty)
    if isExclusive, met.count > 1 { return Finding(violations: ["\(place) is several things at once"]) }
    return met.first ?? findings.min { $0.violations.count < $1.violations.count } ?? Finding()
  }

  /// A part of this file or of another one, as `common.json#/$defs/plan`.
  private func referred(_ value: JSONValue, _ name: String, at place: String) throws -> Finding {
    let parts = name.components(separatedBy: "#/$defs/")
    if parts.count == 1, Self.files.contains(name) {
      let other = try JSONSchema(name)
      return try other.check(value, other.root, at: place)
    }
    guard parts.count == 2 else { throw SchemaFault(file: file, what: name) }
    let schema = parts[0].isEmpty ? self : try JSONSchema(parts[0])
    guard let part = schema.root["$defs"]?[parts[1]] else { throw SchemaFault(file: file, what: name) }
    return try schema.check(value, part, at: place)
  }

  private func simple(_ rule: String, _ wanted: JSONValue, holdsFor value: JSONValue) throws -> Bool {
    switch (rule, wanted, value) {
    case ("const", _, _): return value.canonical == wanted
    case ("enum", .array(let values), _): return values.contains(value.canonical)
    case ("type", .string(let name), _): return value.hasType(name)
    case ("type", .array(let names), _): return names.contains { $0.text.map(value.hasType) == true }
    case ("minimum", .unsigned(let least), _): return value.isAtLeast(least)
    case ("maximum", .unsigned(let most), .unsigned(let number)): return number <= most
    case ("minItems", .unsigned(let least), .array(let values)): return values.count >= Int(least)
    case ("maxItems", .unsigned(let most), .array(let values)): return values.count <= Int(most)
    case ("pattern", .string(let pattern), .string(let text)):
      return try text.contains(Regex(pattern))
    case ("maximum", _, _), ("minItems", _, _), ("maxItems", _, _), ("pattern", _, _): return true
    default: throw SchemaFault(file: file, what: rule)
    }
  }
}

/// A schema that this reader does not understand.
struct SchemaFault: Error {
  let file: String
  let what: String
}

extension JSONValue {
  fileprivate func hasType(_ name: String) -> Bool {
    switch (name, self) {
    case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("object", .object):
      true
    case ("integer", .integer), ("integer", .unsigned): true
    case ("number", .integer), ("number", .unsigned), ("number", .number): true
    default: false
    }
  }

  /// Whether it is no smaller than a number, or no number.
  fileprivate func isAtLeast(_ least: UInt64) -> Bool {
    switch self {
    case .integer(let value): value >= 0 && UInt64(value) >= least
    case .unsigned(let value): value >= least
    default: true
    }
  }
}
