/// Stands for the content hash of a changeset: equal contents, equal numbers.
typealias ModelHash = UInt64

/// A number made of two, for hashes.
func mixed(_ left: UInt64, _ right: UInt64) -> UInt64 {
  var value = (left ^ (right &* 0x9e37_79b9_7f4a_7c15)) &+ 0x2545_f491_4f6c_dd1d
  value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
  value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
  return value ^ (value >> 31)
}
