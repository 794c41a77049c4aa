package dev.sluice.cli;

import dev.sluice.lab.demo.Demo;
import dev.sluice.lab.demo.DemoOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice demo}: real traffic through a real firewall, measured. */
@Command(
        name = "demo",
        description = {
            "Steers real traffic through a firewall and a second node in a network of its own, inserts and kills nodes, "
                    + "and prints a table of what was measured.",
            "As root it installs the Debian packages that are missing; without root it runs in a user namespace. "
                    + "Exit status: 0 if every line of the table is as expected, 1 if not, 2 if this machine cannot run it."
        })
final class DemoCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "SHOW",
            converter = LowerCaseWord.OfShow.class,
            description = {
                "insertion (default): one host; nodes are inserted, die and come back.",
                "chain: three hosts; a chain of nodes on two of them for traffic of the third; one hands a flow back, one moves, one dies and comes back.",
                "restart: one host; Sluice is killed and stopped in the middle of a download that does not notice (root only).",
                "mobility: three hosts; a workload and a firewall move to other hosts under traffic, and nobody changes the configuration."
            })
    private DemoOptions.Show show = DemoOptions.Show.INSERTION;

    @Option(names = "--quick", description = "Less traffic, the same steps.")
    private boolean quick;

    @Option(names = "--keep", description = "Leave everything up at the end, until Enter or Ctrl-C.")
    private boolean keep;

    @Override
    public Integer call() {
        return Demo.run(new DemoOptions(show, quick, keep), Main.class, System.out);
    }
}
