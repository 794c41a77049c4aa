package dev.sluice.agent.compile;

import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceChain.Strategy;
import java.util.HashSet;
import java.util.List;

/**
 * In which order a chain's strategy prefers its paths, by the hosts of their instances (V18). Immutable.
 *
 * @param strategy the chain's strategy
 * @param best what the best paths have: instances on this host, or hosts
 */
record Ranks(Strategy strategy, int best) {
    /**
     * The order of the paths of a chain; says so where cluster finds no path on one host, or any is joined with a selection.
     *
     * @param paths for each path the host of each instance; the empty name is this host
     */
    static Ranks of(ServiceChain chain, List<List<String>> paths, CompileLog log) {
        Strategy strategy = chain.spec().strategy();
        int best = switch (strategy) {
            case LOCAL -> paths.stream().mapToInt(Ranks::local).max().orElse(0);
            case CLUSTER -> paths.stream().mapToInt(Ranks::hosts).min().orElse(1);
            case ROUND_ROBIN, ANY -> 0;
        };
        if (strategy == Strategy.CLUSTER && best > 1) {
            log.warning(
                    chain,
                    "spec.strategy",
                    "no host has an instance of every service of the chain, so its flows take paths over " + best
                            + " hosts; place the instances together",
                    strategy.word());
        }
        ServiceChain.Selection selection = chain.spec().selection();
        if (strategy == Strategy.ANY && selection != ServiceChain.Selection.ROUND_ROBIN) {
            log.warning(
                    chain,
                    "spec.selection",
                    "with strategy any all paths come in turn, whatever selection says; leave one of the two out",
                    selection.word());
        }
        return new Ranks(strategy, best);
    }

    /** 0 for the best paths, more for their backups. */
    int rank(List<String> path) {
        return switch (strategy) {
            case LOCAL -> best - local(path);
            case CLUSTER -> hosts(path) - best;
            case ROUND_ROBIN, ANY -> 0;
        };
    }

    private static int local(List<String> path) {
        return (int) path.stream().filter(String::isEmpty).count();
    }

    private static int hosts(List<String> path) {
        return new HashSet<>(path).size();
    }
}
