package dev.sluice.datapath.snapshot;

import dev.sluice.datapath.rules.Rule;
import java.util.List;

/**
 * What a rule points to (document 002: the policy lookup by UUID): the paths of a chain. Changing a target serves all its rules (V5).
 *
 * @param id index in the snapshot, stable for a chain
 * @param name the chain's name
 * @param paths the paths new flows are spread over; may be empty
 * @param onFailure the chain's failure action, CLOSED or OPEN; decides when there is no path or no room in the table
 * @param selection how one of the paths is chosen for a new flow
 */
public record Target(int id, String name, List<Path> paths, Rule.FailureAction onFailure, Selection selection) {
    /** Copies the paths. */
    public Target {
        paths = List.copyOf(paths);
    }

    /** A target that chooses in turn. */
    public Target(int id, String name, List<Path> paths, Rule.FailureAction onFailure) {
        this(id, name, paths, onFailure, Selection.ROUND_ROBIN);
    }

    /** Whether it is one path of a chain, named as such (V32): {@code chain[fw-1,ips-2]}. */
    public boolean isPath() {
        return name.indexOf('[') >= 0;
    }

    /** Name of the chain that it is, or that its one path is of. */
    public String chain() {
        return isPath() ? name.substring(0, name.indexOf('[')) : name;
    }
}
