import { parser } from '@prometheus-io/lezer-promql';

/** One series selector of an expression: `name{label=~"value"}`. */
export interface Selector {
  metric: string;
  matchers: Array<{ label: string; operator: string; value: string }>;
}

export interface Expression {
  selectors: Selector[];
  /** Labels that `by` and `on` name. */
  grouping: string[];
}

/** Grafana puts the dashboard's interval there; Prometheus does not know it. */
const GRAFANA_VARIABLES = /\$__(rate_interval|interval|range)/g;

/** Reads an expression by Prometheus' own grammar. @throws Error that quotes it when it cannot be parsed */
export function readExpression(expression: string): Expression {
  const text = expression.replace(GRAFANA_VARIABLES, '5m');
  const read: Expression = { selectors: [], grouping: [] };
  const at = ({ from, to }: { from: number; to: number }) => text.slice(from, to);
  parser.parse(text).iterate({
    enter({ type, node }) {
      if (type.isError) throw new Error(`no PromQL: ${expression}`);
      if (type.name === 'VectorSelector') {
        const name = node.getChild('Identifier');
        if (!name) throw new Error(`a selector without a name: ${expression}`);
        const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
        read.selectors.push({
          metric: at(name),
          matchers: matchers.map((matcher) => ({ label: at(matcher.getChild('LabelName')!), operator: at(matcher.getChild('MatchOp')!), value: at(matcher.getChild('StringLiteral')!).slice(1, -1) })),
        });
      }
      if (type.name === 'GroupingLabels') read.grouping.push(...node.getChildren('LabelName').map(at));
    },
  });
  return read;
}
