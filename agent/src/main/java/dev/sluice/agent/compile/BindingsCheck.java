package dev.sluice.agent.compile;

import java.util.List;

/** Looks at the devices of a configuration before it is taken; an error that it reports refuses the configuration. One user: the control thread. */
@FunctionalInterface
public interface BindingsCheck {
    /** Everything is taken. */
    BindingsCheck NONE = (bindings, log) -> {};

    void check(List<PortBinding> bindings, CompileLog log);
}
