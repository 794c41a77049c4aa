package dev.sluice.model;

import dev.sluice.model.ServiceProfile.Spec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads {@link ServiceProfile}. */
final class ServiceProfileReader {
    private static final int NAME_LENGTH_MAX = 63;

    /** The name of a parameter. */
    static final ValueType<String> PARAMETER_NAME = Types.checked(
            "letters, digits, '-' and '_', first a letter, 1.." + NAME_LENGTH_MAX + " characters",
            "is not the name of a parameter",
            JsonSchema.text("[A-Za-z][A-Za-z0-9_-]{0," + (NAME_LENGTH_MAX - 1) + "}"),
            text -> text.matches("[A-Za-z][A-Za-z0-9_-]{0," + (NAME_LENGTH_MAX - 1) + "}")
                    ? Optional.of(text)
                    : Optional.empty());

    /** The value of a parameter: any single value. Over the manager an unquoted number is one: 0123, 1.10 or 0x10 have to be quoted to stay so. */
    static final ValueType<String> PARAMETER_VALUE = new ValueType<>() {
        @Override
        public @Nullable String read(FieldReader at) {
            YamlNode.Scalar scalar = at.scalar(allowed());
            if (scalar == null) {
                return null;
            }
            String text = scalar.text();
            boolean fits = text.length() <= ServiceProfile.VALUE_LENGTH_MAX
                    && text.chars().noneMatch(Character::isISOControl);
            return fits ? text : at.refuse("is too long or has control characters", allowed());
        }

        @Override
        public String allowed() {
            return "text, number or truth value of up to " + ServiceProfile.VALUE_LENGTH_MAX
                    + " characters without control characters";
        }

        @Override
        public Map<String, Object> schema() {
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("type", List.of("string", "number", "boolean"));
            schema.put("pattern", "^[^\\u0000-\\u001f\\u007f-\\u009f]{0," + ServiceProfile.VALUE_LENGTH_MAX + "}$");
            return schema;
        }
    };

    private static final ValueType<Map<String, String>> PARAMETERS_TYPE = new ValueType<>() {
        @Override
        public @Nullable Map<String, String> read(FieldReader at) {
            return parameters(at, allowed());
        }

        @Override
        public String allowed() {
            return "object with at most " + ServiceProfile.PARAMETERS_MAX + " single values";
        }

        @Override
        public Map<String, Object> schema() {
            Map<String, Object> schema = JsonSchema.texts(PARAMETER_VALUE.schema());
            schema.put("propertyNames", PARAMETER_NAME.schema());
            schema.put("maxProperties", ServiceProfile.PARAMETERS_MAX);
            return schema;
        }
    };

    private static final Field<Optional<String>> SERVICE = Field.optional(
            "service",
            Types.reference(Kind.SERVICE),
            "The service whose nodes are used in this way, if there is no template.");
    private static final Field<Optional<String>> TEMPLATE = Field.optional(
            "template",
            Types.reference(Kind.VENDOR_TEMPLATE),
            "The template that says which service, parameters and actions there are.");
    private static final Field<Map<String, String>> PARAMETERS = Field.defaulted(
            "parameters",
            PARAMETERS_TYPE,
            Map.of(),
            "{}",
            "What the nodes are to know of it, in words of their vendor; with a template those that it has, else any: the ServiceManager of the service is told, the data path does not look at it.");
    private static final Field<Optional<ServiceAction>> ACTION = Field.optional(
            "action",
            Types.word(ServiceAction.class),
            "Whether nodes get the packets or copies of them, instead of what the service says.");
    private static final Field<Optional<FailureAction>> ON_FAILURE = Field.optional(
            "onFailure",
            Types.word(FailureAction.class),
            "What happens when the service has no working instance, instead of what the chain says.");

    static final ObjectType<Spec> SPEC =
            ObjectType.of(ServiceProfileReader::spec, SERVICE, TEMPLATE, PARAMETERS, ACTION, ON_FAILURE);

    private ServiceProfileReader() {}

    private static @Nullable Spec spec(Values v) {
        Optional<String> service = v.get(SERVICE);
        Optional<String> template = v.get(TEMPLATE);
        if (service.isPresent() == template.isPresent()) {
            return service.isPresent()
                    ? v.refuse("template", "stands beside service", "one of service and template")
                    : v.refuse("service", "is missing", "service, or template in its place");
        }
        return new Spec(service, template, v.get(PARAMETERS), v.get(ACTION), v.get(ON_FAILURE));
    }

    private static @Nullable Map<String, String> parameters(FieldReader at, String allowed) {
        if (!(at.node() instanceof YamlNode.Mapping mapping)) {
            return at.refuse("is " + at.node().shape() + " where an object is expected", allowed);
        }
        int count = mapping.entries().size();
        if (count > ServiceProfile.PARAMETERS_MAX) {
            return at.refuse("has " + count + " parameters", "at most " + ServiceProfile.PARAMETERS_MAX);
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        boolean sound = true;
        for (YamlNode.Entry entry : mapping.entries()) {
            String name = PARAMETER_NAME.read(at.field("", entry.key()));
            String value = name == null ? null : PARAMETER_VALUE.read(at.field(name, entry.value()));
            if (name == null || value == null) {
                sound = false;
            } else if (parameters.putIfAbsent(name, value) != null) {
                at.field(name, entry.key()).refuse("duplicate field", "once");
                sound = false;
            }
        }
        return sound ? parameters : null;
    }
}
