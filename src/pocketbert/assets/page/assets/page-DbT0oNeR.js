var e=`# What is typed on phones, our own list.  No digits: they would read as numbers.
account: acct
address: addy
after: aftr
again: agn
against: agnst
although: altho
and: n &
application: app
approximately: approx
are: r
around: arnd
as far as i know: afaik
as soon as possible: asap
at the moment: atm
august: aug
average: avg
back: bk
basically: basicly
be: b
because: cuz bc coz
before: bfore bfr
best friend: bff
birthday: bday
boyfriend: bf
brother: bro
by the way: btw
character: char
characters: chars
check: chk
comfortable: comfy
computer: pc
customer: cust
customers: custs
december: dec
definitely: def defo
delivered: delivd
delivery: delivry
department: dept
difference: diff
different: diff
director: dir
doctor: doc
doctors: docs
especially: esp
evening: evenin
favorite: fav
favourite: fav
february: feb
for example: eg
for your information: fyi
friday: fri
friend: frnd
friends: frnds
from: frm
girlfriend: gf
give me: gimme
going to: gonna
got to: gotta
government: govt
great: grt
have to: hafta
have: hv
here: hre
hospital: hosp
hour: hr
hours: hrs
in my opinion: imo
information: info
international: intl
january: jan
kind of: kinda
know: kno
later: ltr
let me: lemme
looking: lookin
lot of: lotta
making: makin
management: mgmt
maximum: max
maybe: mayb
medication: meds
medicine: meds
message: msg
messages: msgs
minimum: min
minute: min
minutes: mins
monday: mon
month: mth
months: mths
morning: mornin
next: nxt
night: nite
november: nov
now: nw
obviously: obvs
october: oct
oh my god: omg
okay: ok k
order: ordr
out of: outta
over: ovr
password: pw
patient: pt
patients: pts
people: ppl
performance: perf
performances: perfs
photo: pic
photos: pics
picture: pic
pictures: pics
please: pls plz
probably: prob probs prolly
problem: prob
problems: probs
question: q
quick: qk
really: rly rlly
received: recd
refund: rfnd
reply: rply
request: req
right now: rn
said: sed
saturday: sat
see you: cya
september: sept
seriously: srsly
service: svc
sister: sis
something like: smth like
sort of: sorta
speak: spk
still: stil
sunday: sun
suppose: spose
talk to you later: ttyl
talking: talkin
television: tv tele
temperature: temp
text: txt
thank you: ty thx
thanks: thx tks
that: dat tht
the: da teh
them: em
there: ther
these: thes
thing: thng
things: thngs
think: thnk
this: dis ths
though: tho
through: thru
thursday: thu
time: tym
to be honest: tbh
today: tdy
tomorrow: tmrw tmr
tonight: tonite
treatment: tx
tuesday: tue
university: uni
until: til
usually: usu
versus: vs
want to: wanna
was: wuz
watching: watchin
wednesday: wed
week: wk
weekend: wkend
weeks: wks
were: wer
what is: wats
what: wat wut
when: wen
where: wer
which: wich
who: hu
why: y
with: w/ wit
work: wrk
working: workin
yeah: ya
year: yr
years: yrs
yes: yep
you 're: ur
you are: ur
you: u ya
your: ur yr
`;async function t(e,t=()=>{}){let n=await fetch(e).catch(()=>{throw Error(`${e} is not on this device yet; connect to the network once`)});if(!n.ok||!n.body)throw Error(`the site lacks ${e} (${n.status})`);let r=[],i=0;for(let e=n.body.getReader();;){let{done:n,value:a}=await e.read();if(n)return new Blob(r).arrayBuffer();r.push(a),t(i+=a.length)}}async function n(e){return new Response(new Blob([e]).stream().pipeThrough(new DecompressionStream(`gzip`))).arrayBuffer()}var r=class{site;worker=new Worker(new URL(new URL(`worker-PFUdum4W.js`,import.meta.url).href,``+import.meta.url),{type:`module`});waiting=[];started=!1;constructor(e){this.site=e,this.worker.onmessage=({data:e})=>this.waiting.shift()?.(e),this.worker.onerror=({message:e})=>{let t=e||`this browser cannot run the page's worker`;for(let e of this.waiting.splice(0))e({error:t})}}async open(e,r){let[a,o,s,c]=await Promise.all([this.started?null:t(`assets/onnxruntime-1.30.0.wasm.gzip`).then(n),t(e.file,r),i(`model/tokenizer.json`),i(`model/tokenizer_config.json`)]),l={kind:`open`,wasm:a,model:o,tokenizer:s,tokenizerConfig:c,maxLength:this.site.max_length};await this.ask(l,a?[a,o]:[o]),this.started=!0}async answer(e){return await this.ask({kind:`ask`,rows:e})}async time(){return await this.ask({kind:`time`,tokens:32})}async ask(e,t=[]){let n=await new Promise(n=>{this.waiting.push(n),this.worker.postMessage(e,t)});if(`error`in n)throw Error(n.error);return n.result}};async function i(e){return JSON.parse(new TextDecoder().decode(await t(e)))}var a={1:.15,2:.35,3:.7},o=/[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu,s=[`qwertyuiop`,`asdfghjkl`,`zxcvbnm`],c=5;function l(e,t,n,r,i){let o=t===`slips`?d(e,r):m(e,r,i),s=Math.min(...o.map(({luck:e})=>e)),c=[],l=0;for(let{start:t,end:r,now:i,luck:u}of o)u>=a[n]&&u!==s||(t>l&&c.push({text:e.slice(l,t)}),c.push({text:i,was:e.slice(t,r)}),l=r);return l<e.length&&c.push({text:e.slice(l)}),c}function u(e){let t=e.split(`
`).filter(e=>e&&!e.startsWith(`#`));return new Map(t.map(e=>{let[t=``,n=``]=e.split(`: `);return[t,n.split(` `)]}))}function d(e,t){return g(e).flatMap(({word:e,start:n,place:r})=>{if(!/^[a-z]{3,}$/i.test(e))return[];let i=_(t,r,e),a=i(),o=f(e,i);return[{start:n,end:n+e.length,now:o,luck:a}]})}function f(e,t){let n=1+Math.floor(t()*(e.length-1)),r=e.slice(0,n),i=e[n],a=e.slice(n+1),o=Math.floor(t()*4);return o===1&&n>1&&e[n-1]!==i?e.slice(0,n-1)+i+e[n-1]+a:o===2&&e.length>3?r+a:o===3?r+i+i+a:r+p(i,t)+a}function p(e,t){let n=e.toLowerCase(),r=s.findIndex(e=>e.includes(n)),i=s[r].indexOf(n),a=[s[r][i-1],s[r][i+1],s[r-1]?.[i],s[r+1]?.[i]].filter(e=>e!==void 0),o=a[Math.floor(t()*a.length)];return e===n?o:o.toUpperCase()}function m(e,t,n){let r=[],i=g(e);for(let a=0;a<i.length;){let{word:o,start:s,place:c}=i[a],l=_(t,c,o),u=l(),[d,f]=h(e,i,a,n,l),p=i[a+d-1],m=p.start+p.word.length,g=f??(/^\p{Lu}\p{Ll}*(?:['’]|$)/u.test(o)?o.toLowerCase():o).replace(/['’]/g,``);g!==e.slice(s,m)&&r.push({start:s,end:m,now:g,luck:u}),a+=d}for(let n of e.matchAll(/,(?=\s)|\.(?=\s*$)/g)){let e=_(t,n.index,n[0])();r.push({start:n.index,end:n.index+1,now:``,luck:e})}return r.sort((e,t)=>e.start-t.start)}function h(e,t,n,r,i){for(let a=Math.min(c,t.length-n);a>0;a--){let o=t[n+a-1],s=e.slice(t[n].start,o.start+o.word.length).toLowerCase(),c=r.get(s);if(c)return[a,c[Math.floor(i()*c.length)]]}return[1,void 0]}function g(e){return[...e.matchAll(o)].map((e,t)=>({word:e[0],start:e.index,place:t}))}function _(e,t,n){let r=2166136261;for(let i of`${e} ${t} ${n}`)r=Math.imul(r^i.codePointAt(0),16777619);return()=>{r=r+1831565813|0;let e=Math.imul(r^r>>>15,1|r);return e=e+Math.imul(e^e>>>7,61|e)^e,((e^e>>>14)>>>0)/2**32}}function v(e,t){let n=Math.max(...t),r=t.map(e=>Math.exp(e-n)),i=r.reduce((e,t)=>e+t,0);return r.map((t,n)=>({label:e.labels[n]??String(n),share:t/i})).sort((e,t)=>t.share-e.share)}function y(e,t,n){return e.range?Math.abs(t[0]-n[0])>(e.range[1]-e.range[0])/10:b(t)!==b(n)}function b(e){return e.indexOf(Math.max(...e))}var x=5,S=900;function C(e){return document.getElementById(e)}function w(e){return document.querySelector(`[name=${e}]:checked`).value}function T(e,t){document.title=e.title,C(`title`).textContent=e.title,e.texts===2&&(C(`yours`).textContent=`Your texts`),C(`made`).textContent=`Trained on ${e.data} with PocketBERT.`;let n=q(e.models[0].metric);C(`metric`).textContent=n;let r=new Set(e.models.map(e=>e.rows.toLocaleString(`en`)));C(`measured`).textContent=`Time: 32 tokens, one text, one thread, on this device. ${n}: ${[...r].join(` and `)} validation rows, answered by the very file. More in the `,C(`measured`).append(...U(e.models)),C(`models`).replaceChildren(...e.models.map(e=>H(e,t)));let i=(e.texts===2?[`First text`,`Second text`]:[`Your text`]).map(t=>W(t,e.texts===2));return C(`typed`).replaceChildren(...i.flatMap(({label:e,box:t})=>[e,t])),N(),i.map(({box:e})=>e)}function E(e){return C(`use-${e.precision}`).checked=!0,e}function D(e,t=0){if(C(`loading`).hidden=e===null,!e)return;let n=C(`progress`);n.max=e.bytes,n.value=t;let r=t<e.bytes?`${Y(t)} of ${Y(e.bytes)}`:`starting`;C(`loading-text`).textContent=`Loading ${e.precision}: ${r}`}function O(e){for(let t of document.querySelectorAll(`[name=model]`))t.disabled=e}function k(e){C(`problem`).textContent=e,C(`problem`).hidden=!e}function A(e,t){C(`time-${e.precision}`).textContent=J(t)}function j(e){C(`offline`).textContent=e?`Kept on this device: works without a network now.`:``}function M(e){let t=e.map(e=>{let t=document.createElement(`p`);return t.dir=`auto`,t.append(...e.map(V)),t});C(`spoilt`).replaceChildren(...t)}function N(){C(`answer`).replaceChildren(K(`The answer appears here as you type.`)),C(`spoilt`).replaceChildren(K(`What you type appears here with mistakes.`)),C(`spoilt-answer`).replaceChildren()}function P(e,t,n,r){let i=e.range?[]:v(e,t.logits).map(({label:e})=>e);C(`answer`).replaceChildren(...L(e,t,i));let a=document.createElement(`p`);a.className=r?`verdict flips`:`verdict holds`,a.textContent=r?`The answer flips`:`The answer holds`,C(`spoilt-answer`).replaceChildren(...L(e,n,i),a),I(`${R(e,t)}. ${a.textContent} when typed badly.`)}var F=0;function I(e){clearTimeout(F),F=window.setTimeout(()=>{C(`spoken`).textContent=e},S)}function L(e,t,n){let r=t.cut?`, cut at ${e.max_length}`:``,i=K(`${J(t.milliseconds)}, ${t.tokens} tokens${r}`);if(e.range)return[z(e.range,t.logits[0]),i];let a=v(e,t.logits),o=a[0].label,s=n.slice(0,x);s.includes(o)||s.splice(-1,1,o);let c=document.createElement(`ul`);c.className=`bars`;for(let e of s){let{share:t}=a.find(t=>t.label===e);c.append(B(e,`${(100*t).toFixed(1)} %`,t,e===o))}let l=n.length-s.length;return[c,...l?[K(`and ${l} more labels`)]:[],i]}function R(e,t){if(e.range)return t.logits[0].toFixed(2);let{label:n,share:r}=v(e,t.logits)[0];return`${n}, ${Math.round(100*r)} percent`}function z([e,t],n){let r=document.createElement(`ul`);r.className=`bars`;let i=Math.min(1,Math.max(0,(n-e)/(t-e)));return r.append(B(`${e} to ${t}`,n.toFixed(2),i,!0)),r}function B(e,t,n,r){let i=document.createElement(`li`);r&&(i.className=`best`);let a=document.createElement(`span`);a.className=`name`,a.dir=`auto`,a.textContent=e;let o=document.createElement(`span`);o.className=`number`,o.textContent=t;let s=document.createElement(`span`);s.className=`track`;let c=document.createElement(`span`);return c.style.width=`${100*n}%`,s.append(c),i.append(a,o,s),i}function V({text:e,was:t}){if(t===void 0)return document.createTextNode(e);let n=document.createElement(e?`mark`:`del`);return n.textContent=e||t,n.title=`was: ${t}`,n}function H(e,t){let n=document.createElement(`tr`),r=document.createElement(`th`);r.scope=`row`;let i=document.createElement(`label`),a=document.createElement(`input`);a.type=`radio`,a.name=`model`,a.id=`use-${e.precision}`,a.addEventListener(`change`,()=>t(e)),i.append(a,` ${e.precision}`),r.append(i),e.degraded&&r.append(K(`degraded: answers otherwise than its model`));let o=G(`–`);return o.id=`time-${e.precision}`,n.append(r,G(Y(e.bytes)),o,G(`${(100*e.value).toFixed(1)}`)),n}function U(e){let t=e.map(({card:e,precision:t})=>{let n=document.createElement(`a`);return n.href=e,n.textContent=t,n});return[e.length>1?`cards of `:`card of `,...t.flatMap((e,t)=>t?[` and `,e]:[e]),`.`]}function W(e,t){let n=document.createElement(`label`);n.textContent=e;let r=document.createElement(`textarea`);return r.id=n.htmlFor=`text-${e.split(` `)[0].toLowerCase()}`,r.rows=3,r.dir=`auto`,r.placeholder=`Type or paste a text`,r.spellcheck=!1,t||(n.className=`unseen`),{label:n,box:r}}function G(e){let t=document.createElement(`td`);return t.className=`number`,t.textContent=e,t}function K(e){let t=document.createElement(`p`);return t.className=`quiet`,t.textContent=e,t}function q(e){return e.charAt(0).toUpperCase()+e.slice(1)}function J(e){return`${e.toFixed(+(e<10))} ms`}function Y(e){return`${(e/1e6).toFixed(1)} MB`}var X=u(e),Z=1,Q=class{site;classifier;boxes;open=null;answering=!1;changed=!1;constructor(e){this.site=e,this.classifier=new r(e),this.boxes=T(e,e=>this.use(e));for(let e of this.boxes)e.addEventListener(`input`,()=>this.answer());for(let e of document.querySelectorAll(`[name=kind], [name=strength]`))e.addEventListener(`change`,()=>this.answer());C(`again`).addEventListener(`click`,()=>{Z+=1,this.answer()}),this.answer()}async use(e){let t=this.open;O(!0);try{D(e,0),await this.classifier.open(e,t=>D(e,t)),this.open=e,k(``),D(null),await this.answer(),A(e,await this.classifier.time())}catch(e){k($(e)),t&&E(t)}finally{D(null),O(!1)}j(navigator.serviceWorker?.controller!=null&&this.open!=null)}async answer(){this.changed=!0;let{typed:e,pieces:t}=this.texts();if(e.some(e=>e.trim())?M(t):N(),!this.answering&&this.open){this.answering=!0;try{for(;this.changed;)this.changed=!1,await this.answerOnce()}catch(e){k($(e))}finally{this.answering=!1}}}async answerOnce(){let{typed:e,pieces:t}=this.texts();if(!e.some(e=>e.trim()))return;let n=t.map(e=>e.map(({text:e})=>e).join(``)),[r,i]=await this.classifier.answer([e,n]);P(this.site,r,i,y(this.site,r.logits,i.logits))}texts(){let e=this.boxes.map(e=>e.value),t=w(`kind`),n=Number(w(`strength`));return{typed:e,pieces:e.map(e=>l(e,t,n,Z,X))}}};async function ee(){let e=navigator.serviceWorker;if(!e)return;let t=new Promise(t=>e.addEventListener(`controllerchange`,t,{once:!0}));await e.register(`sw.js`,{updateViaCache:`none`}),e.controller||await Promise.race([t,new Promise(e=>setTimeout(e,5e3))])}function $(e){let t=e instanceof Error?e.message:String(e);return q(t)+(t.endsWith(`.`)?``:`.`)}async function te(){try{await ee().catch(()=>{});let e=JSON.parse(new TextDecoder().decode(await t(`model/site.json`)));await new Q(e).use(E(e.models.at(-1)))}catch(e){k($(e))}}te();