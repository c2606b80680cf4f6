/// Runs seeds of the simulated world.
@main
struct SimulateCommand {
  static func main() {}
}
