// JupyterLab renderer for sddeverify certificates: a module-federation container written by hand, so that nothing
// has to be built. It draws with text nodes and attributes only, asks for nothing over the network, and never
// decides: a verdict is shown only if Python's kernel gave one with the output.
(() => {
  'use strict';
  const MIME = 'application/vnd.sddeverify.certificate+json';
  const SVG = 'http://www.w3.org/2000/svg';
  const HALF_PLANES = ['right', 'upper', 'left', 'lower'];

  // ---- small helpers -------------------------------------------------------------------------------------------
  const add = (node, attributes, children) => {
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...(children || []));
    return node;
  };
  const html = (tag, attributes, ...children) => add(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => add(document.createElementNS(SVG, tag), attributes, children);
  const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value);

  // ---- exact rationals: "p" or "p/q" -----------------------------------------------------------------------------
  const rational = text => {
    const found = /^(-?\d+)(?:\/(\d+))?$/.exec(String(text));
    if (!found) throw new Error('not a rational number: ' + text);
    return [BigInt(found[1]), BigInt(found[2] || 1)];
  };
  const scientific = (text, digits, up) => {
    // Rounded down or up, so that what is shown is implied by what is stated.
    const [p, q] = rational(text);
    if (p === 0n) return '0';
    const negative = p < 0n, size = negative ? -p : p;
    let exponent = size.toString().length - q.toString().length;
    const ten = n => 10n ** BigInt(n);
    const at = e => (e >= 0 ? size >= q * ten(e) : size * ten(-e) >= q);
    while (!at(exponent)) exponent -= 1;
    const shift = digits - 1 - exponent;
    const top = shift >= 0 ? size * ten(shift) : size, bottom = shift >= 0 ? q : q * ten(-shift);
    let mantissa = top / bottom;
    if (top % bottom !== 0n && up !== negative) mantissa += 1n;
    let decimal = mantissa.toString();
    if (decimal.length > digits) exponent += 1;
    decimal = decimal.replace(/0+$/, '') || '0';
    const sign = negative ? '-' : '';
    if (exponent >= digits || exponent < -5) {
      const rest = decimal.slice(1);
      return `${sign}${decimal[0]}${rest ? '.' + rest : ''} \\cdot 10^{${exponent}}`;
    }
    if (exponent < 0) return sign + '0.' + '0'.repeat(-exponent - 1) + decimal;
    const whole = decimal.padEnd(exponent + 1, '0');
    return sign + whole.slice(0, exponent + 1) + (whole.length > exponent + 1 ? '.' + whole.slice(exponent + 1) : '');
  };
  const number = text => {
    const [p, q] = rational(text);
    if (String(text).length > 24) return scientific(text, 16, false) + '\\ldots';
    return q === 1n ? `${p}` : `${p < 0n ? '-' : ''}\\tfrac{${p < 0n ? -p : p}}{${q}}`;
  };
  const same = pair => pair[0] === pair[1];
  const interval = pair => `[${scientific(pair[0], 12, false)},\\, ${scientific(pair[1], 12, true)}]`;
  const within = pair => (same(pair) ? `= ${number(pair[0])}` : `\\in ${interval(pair)}`);
  const parameter = pair => (same(pair) ? number(pair[0]) : interval(pair));
  const approximate = text => {
    const [p, q] = rational(text);
    const digits = Math.max(0, q.toString().length - p.toString().replace('-', '').length) + 18;
    return Number((p * 10n ** BigInt(digits)) / q) / 10 ** digits;
  };

  // ---- the statement in mathematics ------------------------------------------------------------------------------
  const law = value => {
    const [[name, body]] = Object.entries(value);
    if (name === 'mixture') return body.map(part => `${parameter(part.weight)} \\cdot ${law(part.law)}`).join(' + ');
    if (name === 'sum') return `\\mathrm{sum}(${body.map(law).join(',\\ ')})`;
    const shown = Object.entries(body).map(([key, entry]) => {
      if (Number.isInteger(entry)) return `\\mathrm{${key}}\\ ${entry}`;
      if (key === 'counts') return `${entry.length}\\ \\mathrm{cells}`;
      return `\\mathrm{${key}}\\ ${parameter(entry)}`;
    });
    return `\\mathrm{${name.replaceAll('_', '\\ ')}}(${shown.join(',\\ ')})`;
  };
  const equation = claim => {
    const undelayed = claim.undelayed && !(same(claim.undelayed) && claim.undelayed[0] === '0');
    const damping = claim.type === 'stability_boundary' ? '' : `,\\quad a ${within(claim.damping)}`;
    const b = undelayed ? `,\\quad b ${within(claim.undelayed)}` : '';
    return `h(s) = s ${undelayed ? '+ b ' : ''}+ a\\, \\mathbb{E}\\, e^{-s\\tau},\\quad \\tau \\sim ${law(claim.delay)}${damping}${b}`;
  };
  const zeros = count => (count === 1 ? 'one zero' : `${count} zeros`);
  const CLAIMS = {
    stability_boundary: claim => [
      `\\operatorname{Re} s < 0 \\text{ for all zeros, for all } 0 < a \\le ${scientific(claim.damping[0], 16, false)}`,
      ...(claim.frequency ? [
        `\\text{some zero has } \\operatorname{Re} s > 0 \\text{ at } a = ${number(claim.damping[1])}`,
        `\\text{zeros on the imaginary axis at the boundary: } |\\omega| \\in ${interval(claim.frequency)}`] : [])],
    stability: claim => [claim.stable ? '\\operatorname{Re} s < 0 \\text{ for all zeros: stable}'
      : '\\operatorname{Re} s > 0 \\text{ for some zero: unstable}'],
    decay_rate: claim => [`-\\max \\operatorname{Re} s \\in ${interval(claim.rate)}`],
    rightmost_root: claim => [`\\text{rightmost ${zeros(claim.roots)}: } \\operatorname{Re} s \\in ${interval(claim.real)}`,
      `|\\operatorname{Im} s| \\in ${interval(claim.imag)}`],
    root_count: claim => [`\\text{${zeros(claim.roots)} with } \\operatorname{Re} s \\ge ${number(claim.abscissa)}`],
    root_enclosure: claim => [`\\text{${zeros(claim.roots)} with } |s - (${number(claim.centre[0])} + ${number(claim.centre[1])}\\, i)| < ${scientific(claim.radius, 4, true)}`],
    all_roots: claim => [`\\text{all zeros with } \\operatorname{Re} s \\ge ${number(claim.abscissa)} \\text{ lie in ${claim.discs.length} disc(s) and their conjugates}`],
  };
  const mathematics = claim => {
    try {
      return [equation(claim), ...CLAIMS[claim.type](claim)];
    } catch (error) {
      return []; // a claim of another kind or shape is stated in words alone
    }
  };

  // ---- pictures --------------------------------------------------------------------------------------------------
  const contours = (value, name, found) => {
    if (Array.isArray(value)) value.forEach((one, k) => contours(one, `${name} ${k + 1}`, found));
    if (!isObject(value)) return found;
    if (Array.isArray(value.breaks) && Array.isArray(value.codes) && value.codes.length) found.push([name, value]);
    else for (const [key, one] of Object.entries(value)) contours(one, key, found);
    return found;
  };
  const picture = (width, height, label, ...children) =>
    svg('svg', { viewBox: `0 0 ${width} ${height}`, width, role: 'img', 'aria-label': label, class: 'sddeverify-picture',
      style: 'max-width:100%;height:auto;display:block' }, ...children);
  const text = (x, y, content, anchor) =>
    svg('text', { x, y, 'font-size': 11, 'text-anchor': anchor || 'start', fill: 'currentColor' }, content);
  const codes = ([name, contour]) => {
    const shown = contour.codes.slice(0, 400), left = 64, width = 560, step = (width - left - 10) / shown.length;
    const y = code => 78 - 18 * code;
    const parts = HALF_PLANES.map((half, code) => text(left - 6, y(code) + 4, half, 'end'));
    parts.push(...HALF_PLANES.map((_, code) =>
      svg('line', { x1: left, x2: width - 10, y1: y(code), y2: y(code), stroke: 'currentColor', 'stroke-opacity': 0.15 })));
    const path = shown.map((code, k) => `${k ? 'L' : 'M'}${left + k * step} ${y(code)}H${left + (k + 1) * step}`).join('');
    parts.push(svg('path', { d: path, fill: 'none', stroke: '#0072B2', 'stroke-width': 2.5, class: 'sddeverify-codes' }));
    const more = contour.codes.length > shown.length ? `, the first ${shown.length} shown` : '';
    const label = `${name}: half-plane that holds the image of each of ${contour.codes.length} segments${more}`;
    return html('figure', { style: 'margin:6px 0' }, picture(width, 92, label, ...parts), html('figcaption', {}, label));
  };
  const discs = claim => {
    try {
      if (claim.discs) return claim.discs.map(([re, im, radius]) => [re, im, radius].map(approximate));
      if (claim.centre) return [[...claim.centre, claim.radius].map(approximate)];
      if (claim.type === 'rightmost_root') {
        const [lo, hi, bottom, top] = [...claim.real, ...claim.imag].map(approximate);
        return [[(lo + hi) / 2, (bottom + top) / 2, Math.hypot(hi - lo, top - bottom) / 2]];
      }
    } catch (error) { /* no picture of what cannot be read */ }
    return [];
  };
  const plane = found => {
    const points = found.slice(0, 500).flatMap(([x, y, r]) => (y ? [[x, y, r], [x, -y, r]] : [[x, y, r]]));
    const width = 560, height = 220, mid = height / 2;
    const reach = Math.max(...points.map(([x]) => Math.abs(x)), 1e-300) * 1.3;
    const tall = Math.max(...points.map(([, y]) => Math.abs(y)), 1e-300) * 1.2;
    const X = x => width * 0.75 + (x / reach) * width * (x < 0 ? 0.72 : 0.22), Y = y => mid - (y / tall) * (mid - 6);
    const parts = [
      svg('rect', { x: X(0), y: 0, width: width - X(0), height, fill: '#D55E00', 'fill-opacity': 0.12 }),
      text(width - 6, 14, 'Re s > 0: growth', 'end'),
      svg('line', { x1: X(0), x2: X(0), y1: 0, y2: height, stroke: 'currentColor' }),
      svg('line', { x1: 0, x2: width, y1: mid, y2: mid, stroke: 'currentColor', 'stroke-opacity': 0.4 }),
      ...points.map(([x, y]) => svg('circle', { cx: X(x), cy: Y(y), r: 6, fill: 'none', stroke: '#D55E00', 'stroke-width': 2,
        class: 'sddeverify-disc' })),
      ...(points.length <= 8 ? points.map(([x, y]) => text(X(x) + 10, Y(y) + (y < 0 ? -6 : 14),
        `${x.toPrecision(6)} ${y < 0 ? '-' : '+'} ${Math.abs(y).toPrecision(6)} i`)) : []),
    ];
    const radius = Math.max(...points.map(([, , r]) => r));
    const label = `Certified discs (drawn enlarged; largest radius about ${radius.toExponential(1)}) in the complex plane`;
    return html('figure', { style: 'margin:6px 0' }, picture(width, height, label, ...parts), html('figcaption', {}, label));
  };

  // ---- citation --------------------------------------------------------------------------------------------------
  const LATEX = { '\\': '\\textbackslash{}', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}', '<': '\\textless{}', '>': '\\textgreater{}' };
  const escape = words => words.replace(/[\\~^<>&%$#_{}]/g, sign => LATEX[sign] || '\\' + sign);
  const citation = document_ => {
    const digest = String(document_.claim_sha256);
    return `@misc{sddeverify-${digest.slice(0, 12)},\n  title = {{${escape(String(document_.statement))}}},\n` +
      `  author = {{sddeverify}},\n  note = {Certificate, sha256 of the claim \\texttt{${digest}}; ` +
      'check the file with \\texttt{sddeverify check}}\n}\n';
  };
  const copy = async (words, said) => {
    try {
      await navigator.clipboard.writeText(words);
      said.textContent = ' copied';
    } catch (error) { // no clipboard without a secure context: show what to copy
      const area = html('textarea', { rows: 6, cols: 80, readonly: '', class: 'sddeverify-citation' });
      area.value = words;
      said.replaceChildren(html('br'), area);
      area.select();
    }
  };

  // ---- the card --------------------------------------------------------------------------------------------------
  const STYLE = 'border:1px solid var(--jp-border-color1,#767676);border-radius:6px;padding:8px 14px;margin:8px;' +
    'max-width:60em;overflow-wrap:anywhere;color:var(--jp-content-font-color1,#222);font-size:var(--jp-content-font-size1,14px)';
  const verdictLine = (verdict, path) => {
    if (!verdict) {
      return html('p', { class: 'sddeverify-verdict', 'data-verdict': 'none' }, html('b', {}, '○ Not re-checked. '),
        'Opening a file runs no check. Run ', html('code', {}, `sddeverify check ${path}`), ', or in a notebook ',
        html('code', {}, `%sdde check ${path}`), '.');
    }
    const good = verdict.status === 'ACCEPTED';
    return html('p', { class: 'sddeverify-verdict', 'data-verdict': verdict.status },
      html('b', {}, good ? '✓ Certified. ' : `✗ ${verdict.status}. `),
      good ? 'The kernel accepted this document when the output was made.'
        : `The kernel said: ${verdict.reason}. This does not say that the claim is false.`);
  };
  const card = (document_, verdict, path) => {
    const claim = isObject(document_.claim) ? document_.claim : {};
    const formulas = mathematics(claim).map(tex => html('div', { class: 'sddeverify-formula' }, `$$${tex}$$`));
    const said = html('span', { role: 'status' });
    const button = html('button', { type: 'button', class: 'sddeverify-cite' }, 'Copy citation');
    button.addEventListener('click', () => copy(citation(document_), said));
    const drawn = discs(claim), lines = contours(document_.witness, 'witness', []);
    return html('div', { class: 'sddeverify-card', style: STYLE },
      html('h3', { style: 'margin:4px 0' }, `Certificate: ${String(claim.type || 'of an unknown kind').replaceAll('_', ' ')}`),
      verdictLine(verdict, path), ...formulas,
      html('details', formulas.length ? {} : { open: '' }, html('summary', {}, 'in words'), html('p', {}, String(document_.statement))),
      ...(drawn.length ? [plane(drawn)] : []), ...lines.slice(0, 6).map(codes),
      html('p', {}, 'sha256 of the claim ', html('code', { class: 'sddeverify-digest' }, String(document_.claim_sha256))),
      html('p', {}, button, said));
  };

  // ---- the container JupyterLab loads ----------------------------------------------------------------------------
  let scope = null;
  const shared = async name => {
    const versions = scope[name];
    return (await versions[Object.keys(versions).sort().pop()].get())();
  };
  const extension = async () => {
    const { Widget } = await shared('@lumino/widgets');
    class Renderer extends Widget {
      constructor(options) {
        super();
        this.options = options;
        this.addClass('sddeverify-certificate');
        this.node.style.overflow = 'auto';
      }

      async renderModel(model) {
        // A file arrives as text, an output as {document, verdict}.
        const data = model.data[MIME];
        const path = (this.options.resolver && this.options.resolver.path) || 'FILE.cert.json';
        try {
          const read = typeof data === 'string' ? { document: JSON.parse(data), verdict: null } : data;
          if (!isObject(read.document)) throw new Error('no JSON object');
          this.node.replaceChildren(card(read.document, read.verdict, path.split('/').pop()));
        } catch (error) {
          this.node.replaceChildren(html('p', { class: 'sddeverify-card', role: 'alert' }, `Not a certificate: ${error.message}`));
          return;
        }
        if (this.options.latexTypesetter) this.options.latexTypesetter.typeset(this.node);
      }
    }
    return {
      id: 'sddeverify:certificate',
      dataType: 'string',
      rank: 0,
      rendererFactory: { safe: true, mimeTypes: [MIME], createRenderer: options => new Renderer(options) },
      fileTypes: [{ name: 'sddeverify-certificate', displayName: 'Certificate', mimeTypes: [MIME],
        extensions: ['.cert.json'], fileFormat: 'text' }],
      documentWidgetFactoryOptions: { name: 'Certificate', modelName: 'text', primaryFileType: 'sddeverify-certificate',
        fileTypes: ['sddeverify-certificate'], defaultFor: ['sddeverify-certificate'] },
    };
  };
  (window._JUPYTERLAB = window._JUPYTERLAB || {}).sddeverify = {
    init: given => { scope = given; },
    get: async module => {
      if (module !== './mimeExtension') throw new Error(`no module ${module}`);
      const made = await extension();
      return () => ({ __esModule: true, default: made });
    },
  };
})();
