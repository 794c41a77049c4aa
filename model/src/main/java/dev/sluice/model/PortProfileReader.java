package dev.sluice.model;

import dev.sluice.model.PortProfile.Spec;
import java.util.Optional;

/** Reads {@link PortProfile}. */
final class PortProfileReader {
    private static final Field<String> CHAIN = Field.required(
            "chain", Types.reference(Kind.SERVICE_CHAIN), "The chain that all traffic of the port passes.");
    private static final Field<Direction> DIRECTION = Field.defaulted(
            "direction", Types.word(Direction.class), Direction.BOTH, "Which packets of the port are intercepted.");
    private static final Field<Optional<FailureAction>> ON_FAILURE = Field.optional(
            "onFailure",
            Types.word(FailureAction.class),
            "What happens to packets that can't be served, instead of what chain and hops say.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            v -> new Spec(v.get(CHAIN), v.get(DIRECTION), v.get(ON_FAILURE)), CHAIN, DIRECTION, ON_FAILURE);

    private PortProfileReader() {}
}
